"""Why a service cannot be isolated: it sees the host, the engine or another project's container."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from avnwizard.domain.plain import printable

KEPT = frozenset(
    {
        "cap_add", "cap_drop", "command", "configs", "depends_on", "domainname", "entrypoint", "environment",
        "expose", "group_add", "healthcheck", "hostname", "image", "init", "ipc", "network_mode", "networks",
        "pid", "platform", "read_only", "secrets", "security_opt", "shm_size", "stdin_open",
        "stop_grace_period", "stop_signal", "sysctls", "tmpfs", "tty", "ulimits", "user", "volumes",
        "volumes_from", "working_dir",
    }
)  # fmt: skip
"""Keys of a service that the copy repeats (Compose specification, August 2026), most of them after a look."""
DROPPED = frozenset(
    {
        "annotations", "attach", "blkio_config", "build", "container_name", "cpu_count", "cpu_percent",
        "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus", "cpuset",
        "deploy", "develop", "dns", "dns_opt", "dns_search", "env_file", "external_links", "extra_hosts",
        "label_file", "labels", "links", "logging", "mac_address", "mem_limit", "mem_reservation",
        "mem_swappiness", "memswap_limit", "oom_kill_disable", "oom_score_adj", "pids_limit", "ports",
        "profiles", "pull_policy", "pull_refresh_after", "restart", "scale", "storage_opt",
    }
)  # fmt: skip
"""Keys that the copy leaves away: what they do is not wanted in it, and the service starts without them."""
HARMLESS_CAPABILITIES = frozenset(
    {"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "IPC_LOCK", "KILL", "NET_BIND_SERVICE", "SETFCAP",
     "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "SYS_NICE"}
)  # fmt: skip
_HARMLESS_OPTION = re.compile(r"no-new-privileges(?::true|=true)?")
_MEANS_NOTHING: tuple[object, ...] = (None, False, "", "no", [], {}, 0)
_HOST_PLACES = ("/proc", "/sys", "/dev", "/run", "/var/run", "/var/lib/docker", "/var/lib/containerd", "/boot")
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - files like any, unlike the rest of /dev
_SOCKET = re.compile(r"\.sock(?:et)?$")
_MOUNTS = frozenset({"volume", "bind", "tmpfs"})
_OWN_MODES = {"ipc": {"", "private", "shareable", "none"}, "pid": {""}, "network_mode": {"", "none", "bridge"}}
_WORDS = {"ipc": "memory", "pid": "processes", "network_mode": "network"}
CALLS = {
    "cap_add": "asks for more rights than a container has", "devices": "has a device of the host",
    "device_cgroup_rules": "has devices of the host", "gpus": "has a device of the host",
    "privileged": "is privileged", "use_api_socket": "has the engine's socket",
    "security_opt": "switches a protection of the engine off", "provider": "is no container",
}  # fmt: skip


def is_set(value: object) -> bool:
    """Whether a key of a service means anything: Compose prints many that do not."""
    return not any(value is one or (value == one and type(value) is type(one)) for one in _MEANS_NOTHING)


def why_not(body: Mapping[str, Any], present: Mapping[str, Any], unsafe: Mapping[str, str]) -> str:
    """Why a service cannot be in an isolated copy, as a clause; "" where it can.

    Args:
        present: the services that the copy has, by name.
        unsafe: path on the host -> why it must not be seen.
    """
    for key, value in body.items():
        if not is_set(value) or key.startswith("x-") or key in DROPPED:
            continue
        if key == "cap_add" and all(_capability(one) in HARMLESS_CAPABILITIES for one in value):
            continue
        if key == "security_opt" and all(_HARMLESS_OPTION.fullmatch(str(one)) for one in value):
            continue
        if key in CALLS:
            return f"it {CALLS[key]}"
        if key not in KEPT:
            return f"it sets {printable(key, limit=40)}, which may reach out of the copy"
    return _modes(body, present) or _mounts(body, unsafe) or _taken_from(body, present)


def _capability(name: object) -> str:
    return str(name).upper().removeprefix("CAP_")


def _modes(body: Mapping[str, Any], present: Mapping[str, Any]) -> str:
    for key, own in _OWN_MODES.items():
        said = str(body.get(key) or "")
        if said in own:
            continue
        kind, _, name = said.partition(":")
        if kind != "service":
            whose = "the host's" if kind == "host" else f"{printable(said, limit=60)}'s"
            return f"it uses {whose} {_WORDS[key]}"
        if name not in present:
            return f"it uses the {_WORDS[key]} of {printable(name, limit=60)}, which is left out"
    return ""


def _mounts(body: Mapping[str, Any], unsafe: Mapping[str, str]) -> str:
    for mount in body.get("volumes") or ():
        if not isinstance(mount, Mapping) or mount.get("type") not in _MOUNTS:
            return "it mounts something that is neither a volume nor a folder"
        if mount["type"] == "bind" and (found := why_unsafe(str(mount.get("source") or ""), unsafe)):
            return f"it {found}"
    return ""


def why_unsafe(source: str, unsafe: Mapping[str, str]) -> str:
    """Why a path of the host must not be mounted, as what a service does; a socket works read-only too."""
    path = PurePosixPath(source.replace("$$", "$"))
    if not path.is_absolute() or ".." in path.parts:
        return "mounts a path of the host that is not plain"
    if source in unsafe:
        return unsafe[source]
    if _SOCKET.search(path.name):
        return "has a socket of the host"
    inside = path.is_relative_to(_SHARED_MEMORY) and str(path) != _SHARED_MEMORY
    if not inside and any(
        path.is_relative_to(place) or PurePosixPath(place).is_relative_to(path) for place in _HOST_PLACES
    ):
        return f"sees {printable(str(path), limit=80)} of the host"
    return ""


def _taken_from(body: Mapping[str, Any], present: Mapping[str, Any]) -> str:
    for word in map(str, body.get("volumes_from") or ()):
        name = word.partition(":")[0]
        if name not in present:
            return f"it takes volumes from {printable(word, limit=60)}"
    return ""

"""The lab as a whole: a real Docker Engine with Compose, a loopback registry, the product's images in it."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.lab.daemons import Daemon, answers
from tests.lab.debian import Suite, install_missing
from tests.lab.errors import LabError
from tests.lab.images import Images
from tests.lab.paths import LabPaths
from tests.lab.registry import Registry
from tests.lab.roles import stand_in

_TOOLS = ("docker.io", "docker-cli", "docker-compose", "containerd", "docker-registry", "tini")
"""From trixie. Its Compose 2.26, in which `--no-deps` changes a config hash, is kept beside a newer one."""
_COMPOSE = ("docker-compose",)
"""From sid: 2.40 or newer."""
_HOST = {
    "runc": "runc",
    "iptables": "iptables",
    "git": "git",
    "dpkg-deb": "dpkg",
    "modprobe": "kmod",
    "ip": "iproute2",
}
GOGC = "400"
"""How lazily Docker's programs collect garbage (a setting of Go's): `docker compose version` takes a fifth less CPU.

The engine hands it on to containerd and runc, and no container gets it.
"""
_DEFAULT_PORT = 5055
_REGISTRY_CONFIG = """\
version: 0.1
log: {{ level: warn }}
storage:
  filesystem: {{ rootdirectory: "{storage}" }}
http: {{ addr: "127.0.0.1:{port}" }}
"""


def _space() -> str:
    checkout = hashlib.sha256(str(Path(__file__).resolve()).encode()).hexdigest()[:6]
    return "-".join(filter(None, ("lab", checkout, os.environ.get("PYTEST_XDIST_WORKER", ""))))


@dataclass(slots=True)
class Lab:
    """The lab on this machine. `up()` is idempotent and may be called by several processes at once.

    `times_s` holds how long each stage of the last `up()` took, in seconds. Engine and registry are
    shared by all checkouts on the machine; `space` keeps their images and stacks apart, and those of parallel
    test workers.
    """

    paths: LabPaths = field(default_factory=LabPaths.default)
    times_s: dict[str, float] = field(default_factory=dict)
    port: int = _DEFAULT_PORT
    space: str = field(default_factory=_space)

    @property
    def registry(self) -> str:
        """What image names begin with, e.g. `127.0.0.1:5055/lab-1a2b3c/avnology`."""
        return f"127.0.0.1:{self.port}/{self.space}/avnology"

    @property
    def env(self) -> dict[str, str]:
        """The environment in which `docker` is the lab's client and speaks to the lab's engine."""
        tools = [str(self.paths.tools / "usr" / part) for part in ("bin", "sbin")]
        return {
            "GOGC": GOGC,
            **{name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "COMPOSE_"))},
            "PATH": os.pathsep.join([*tools, os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]),
            "DOCKER_HOST": f"unix://{self.paths.socket}",
            "DOCKER_CONFIG": str(self.paths.client),
        }

    @property
    def env_old_compose(self) -> dict[str, str]:
        """As `env`, with Compose 2.26 in place of 2.40."""
        return {**self.env, "DOCKER_CONFIG": str(self.paths.old_client)}

    def docker(self, *arguments: str, timeout_s: float = 120, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the lab's docker client; `LabError` with what it said when it fails and `check` holds."""
        done = subprocess.run(
            ["docker", *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check and done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
            raise LabError(f"docker {' '.join(arguments[:6])} ended with {done.returncode}:\n{said}")
        return done

    def up(self) -> "Lab":
        """Bring everything up: tools, registry, engine, images."""
        reason = why_not()
        if reason:
            raise LabError(reason)
        with self.paths.locked():
            self.paths.make()
            self._stage("tools", self._tools)
            self.port = self._registry_port()
            self._stage("registry", self._registry_daemon().start)
            self._stage("engine", self._engine().start)
            self._stage("images", self.images().ensure)
            self._stage("moved tags", self.forget_moved)
        return self

    def forget_moved(self) -> list[str]:
        """Untag what the engine keeps of an earlier session under a tag that the registry has otherwise.

        A stack that starts without pulling would run it. Returns the names that are gone.
        """
        registry = self.images().registry
        told = self.docker("image", "ls", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}").stdout
        known: dict[tuple[str, str], set[str]] = {}
        for line in told.splitlines():
            repository, tag, digest = line.split()
            if repository.startswith(f"{self.registry}/") and tag != "<none>":
                known.setdefault((repository.removeprefix(f"{self.registry}/"), tag), set()).add(digest)
        now = {(name, tag): registry.digest(name, tag) for name, tag in known}
        moved = [f"{self.registry}/{name}:{tag}" for (name, tag), at in known.items() if now[name, tag] not in at]
        if moved:
            self.docker("image", "rm", "-f", *moved)
        return moved

    def down(self) -> None:
        """End the engine and the registry; everything that was made stays for the next time."""
        with self.paths.locked():
            self._engine().stop()
            self.port = self._registry_port()
            self._registry_daemon().stop()

    def images(self) -> Images:
        """The images, to push one again."""
        return Images(self.paths, Registry(f"127.0.0.1:{self.port}", f"{self.space}/avnology"))

    def push_build(self, repository: str, service_name: str, tag: str, *, broken: bool = False) -> str:
        """Push a service's build as a test's own image; a broken one never becomes ready. Returns its digest.

        The images of the releases are every test's: another worker's stack may start one at this moment.
        """
        build = stand_in(service_name, tag, broken=broken, build=f"broken {tag}" if broken else "")
        return self.images().push_stand_in(replace(build, repository=repository))

    def _stage(self, name: str, work: Callable[[], object]) -> None:
        begun = time.monotonic()
        work()
        self.times_s[name] = time.monotonic() - begun

    def _tools(self) -> None:
        install_missing(_HOST)
        mark = self.paths.tools / "complete"
        if not mark.exists():
            suite = Suite("trixie", self.paths.root / "apt-trixie")
            suite.prepare()
            suite.download(_TOOLS)
            wanted = tuple(f"{name}_" for name in _TOOLS)
            suite.unpack([each for each in suite.closure(_TOOLS) if each.startswith(wanted)], self.paths.tools)
            newer = Suite("sid", self.paths.root / "apt-sid")
            newer.prepare()
            newer.download(_COMPOSE)
            found = [each for each in newer.closure(_COMPOSE) if each.startswith("docker-compose_")]
            newer.unpack(found, self.paths.new_compose)
            mark.touch()
        _client(self.paths.client, self.paths.new_compose)
        _client(self.paths.old_client, self.paths.tools)

    def _engine(self) -> Daemon:
        run = self.paths.run
        command = [
            str(self.paths.tools / "usr/sbin/dockerd"),
            f"--host=unix://{self.paths.socket}",
            f"--data-root={self.paths.data}",
            f"--exec-root={run / 'exec'}",
            f"--pidfile={run / 'dockerd.pid'}",
            "--group=root",
            "--live-restore=false",
            "--shutdown-timeout=10",
            "--seccomp-profile=unconfined",  # making the filter is a sixth of what each health check costs
        ]
        return Daemon("dockerd", command, run, self.env, self._engine_answers)

    def _engine_answers(self) -> bool:
        try:
            return self.docker("version", check=False, timeout_s=5).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def _registry_daemon(self) -> Daemon:
        config = self.paths.run / "registry.yml"
        config.write_text(_REGISTRY_CONFIG.format(storage=self.paths.registry, port=self.port), "utf-8")
        command = [str(self.paths.tools / "usr/bin/docker-registry"), "serve", str(config)]
        url = f"http://127.0.0.1:{self.port}/v2/"
        return Daemon("docker-registry", command, self.paths.run, self.env, lambda: answers(url))

    def _registry_port(self) -> int:
        kept = self.paths.root / "registry-port.json"
        if kept.exists():
            return int(json.loads(kept.read_text("utf-8")))
        port = _DEFAULT_PORT if _free(_DEFAULT_PORT) else free_port()
        kept.write_text(json.dumps(port), "utf-8")
        return port


def why_not() -> str:
    """Why no lab can be made here, empty when one can."""
    if sys.platform != "linux" or not Path("/etc/debian_version").exists():
        return "the lab needs Debian"
    if os.geteuid() != 0:
        return "the lab needs root, to run a Docker Engine of its own"
    if not shutil.which("apt-get"):
        return "the lab needs apt-get"
    return ""


def _client(folder: Path, tools: Path) -> None:
    plugins = folder / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    plugin = plugins / "docker-compose"
    if not plugin.is_symlink():
        plugin.symlink_to(tools / "usr/libexec/docker/cli-plugins/docker-compose")
        (folder / "config.json").write_text("{}", "utf-8")


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

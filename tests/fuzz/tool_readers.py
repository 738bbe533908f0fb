"""The readers of what other programs print: their shape is theirs, the names and labels in it are anyone's."""

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from unittest import mock

from avnwizard.adapters import cosign, git_refs
from avnwizard.adapters.docker import connections
from avnwizard.adapters.docker.credentials import registry_auth
from avnwizard.adapters.docker.discovery import project_from
from avnwizard.adapters.docker.inspect import container_from, image_from, names_of
from avnwizard.adapters.docker.standing import standing_from_line
from avnwizard.adapters.offsite import rclone, restic
from avnwizard.adapters.process import Completed, lines_in
from avnwizard.adapters.process_errors import tail_of
from avnwizard.adapters.traefik import asking
from avnwizard.adapters.traefik.settings import settings_of
from avnwizard.domain.balancer import command
from avnwizard.domain.compose.model import hashes_from_output, model_from_config
from avnwizard.domain.dry_run import words_of
from avnwizard.domain.image_rule import ImageRule
from avnwizard.domain.plain import printable
from avnwizard.domain.secret import redact_urls
from avnwizard.domain.shared_servers import named_in
from avnwizard.domain.signature import allowed_signers, judged, names_itself
from tests.fuzz.mutating import broken_json, broken_values
from tests.fuzz.reader import Reader

if TYPE_CHECKING:
    from avnwizard.adapters.git_runner import GitRunner

_ID, _PREFIX = "1" * 64, "com.docker.compose."
_INSPECTED: dict[str, Any] = {
    "Id": _ID,
    "Created": "2026-11-23T03:20:37.734001391Z",
    "State": {
        "Status": "running",
        "ExitCode": 0,
        "StartedAt": "2026-11-23T03:20:38Z",
        "Health": {"Status": "starting"},
    },
    "Image": f"sha256:{_ID}",
    "Name": "/avn-gateway-2",
    "RepoTags": ["registry.test:5000/web:v1"],
    "RepoDigests": [f"registry.test:5000/web@sha256:{_ID}"],
    "Size": 5,
    "Config": {
        "Image": "registry.test:5000/web:v1",
        "Env": ["PGDATA=/data", "TRAEFIK_ENTRYPOINTS_WEB_ADDRESS=:80", "A"],
        "Entrypoint": ["/entrypoint.sh"],
        "Cmd": ["traefik", "--entrypoints.web.address=:80", "--providers.docker.exposedbydefault=false"],
        "Labels": {
            f"{_PREFIX}project": "avn",
            f"{_PREFIX}service": "web",
            f"{_PREFIX}container-number": "2",
            f"{_PREFIX}oneoff": "False",
            f"{_PREFIX}project.config_files": "/srv/id/a.yml,/srv/id/b.yml",
            f"{_PREFIX}project.working_dir": "/srv/id",
            f"{_PREFIX}project.environment_file": "/srv/id/.env",
            "traefik.http.routers.web.rule": "Host(`a`)",
        },
    },
    "HostConfig": {"NetworkMode": "bridge", "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "81"}]}},
    "Mounts": [{"Type": "volume", "Name": "avn_pg", "Source": "/x", "Destination": "/data", "RW": True}],
    "NetworkSettings": {"Networks": {"avn_default": {"IPAddress": "172.18.0.2"}}},
}
_MODEL: dict[str, Any] = {
    "name": "avn",
    "services": {
        "web": {
            "image": "web:v1",
            "depends_on": {"db": {"condition": "service_healthy", "required": True}},
            "healthcheck": {"test": ["CMD", "true"], "interval": "5s", "start_period": "1m30s", "retries": 3},
            "stop_grace_period": "1m30s",
            "labels": {"traefik.http.routers.web.rule": "Host(`a`)"},
            "deploy": {"replicas": 2},
            "volumes": [{"type": "volume", "source": "data", "target": "/data", "volume": {}}],
            "ports": [{"mode": "ingress", "target": 80, "published": "8080", "protocol": "tcp"}],
        },
        "db": {"image": "postgres:17", "environment": {"A": "b"}, "entrypoint": None, "command": ["x"]},
    },
    "volumes": {"data": {"name": "avn_data"}},
    "networks": {"default": {"name": "avn_default"}},
}
_TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 0100007F:D2F0 01 00000000:00000010 00:00000000 00000000     0        0 12345 1 0000000000000000
"""


def _values(found: dict[str, Any], *names: str) -> Callable[[str, random.Random], str]:
    """Breaks the texts under some names, by default under all: times and states are the engine's own."""

    def breaks(_text: str, chance: random.Random) -> str:
        return json.dumps(found | {name: broken_values(found[name], chance) for name in names or found})

    return breaks


def _inspected(text: str) -> None:
    raw = json.loads(text)
    container_from(raw)
    image_from(raw["Config"]["Image"], raw)
    names_of(raw)
    project_from([raw], Path("/srv/id"))
    settings = settings_of(raw)
    for name in ("docker_provider", "exposed_by_default", "default_rule", "throttle_s", "api_port", "entry_ports"):
        getattr(settings, name)


def _said(text: str) -> Completed:
    return Completed(("tool",), 0, text.encode("utf-8", "surrogatepass"), b"")


def _copies(tool: Any, kind: Callable[..., Any]) -> Callable[[str], object]:
    def read(text: str) -> object:
        with mock.patch.object(tool, "ask", return_value=_said(text)):
            return kind("a:b", {}).listed("demo")

    return read


def _cosign(text: str) -> None:
    done = Completed(("cosign",), 10, b"", text.encode("utf-8", "surrogatepass"))
    with mock.patch.object(cosign, "run", return_value=done):
        assert cosign.Cosign().why_not("web@sha256:0", ImageRule("/k")).isprintable()


def _refs(text: str) -> None:
    """Names and messages are anyone's; git itself ends fields at NUL and lines at LF, which no name can hold."""
    name = text.replace("\0", "").replace("\n", "") or "x"
    line = f"{name}\0tag\0{_ID}\0commit\0{_ID}\x002026-01-01T00:00:00+00:00\0signed"
    assert len(git_refs.local_tags(cast("GitRunner", _Runner(f"{line}\n")))) == 1
    assert len(git_refs.tag_messages(cast("GitRunner", _Runner(f"{name}\0tag\0{name}\n\0")))) == 1


class _Runner:
    """Answers every command of git with the same text."""

    def __init__(self, output: str) -> None:
        self._output = output

    def __call__(self, *_words: str) -> Completed:
        return _said(self._output)


def _signature(text: str) -> None:
    for code in (0, 1):
        found = judged(code, text)
        assert found.sentence.isprintable()
    allowed_signers(text)
    names_itself(text.encode("utf-8", "surrogatepass"), "v1")


def _table(text: str) -> None:
    """Written by the container's own `cat`."""
    cli = mock.Mock(**{"try_.return_value": _said(text), "engine_socket": None})
    with mock.patch.object(connections, "inspected", return_value={}):
        connections.connections_of(cli, _ID, quiet_s=1.0)


def _credentials(text: str) -> None:
    with mock.patch("avnwizard.adapters.docker.credentials._settings", return_value=_object(text)):
        registry_auth("registry.test/web", {})


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _api(text: str) -> None:
    answer = (200, "", text.encode("utf-8", "surrogatepass"))
    with mock.patch.object(asking, "_get", return_value=answer):
        asking.api_at([("127.0.0.1", 1)])
        for router in asking.routers(("127.0.0.1", 1)):
            asking.names_of(router)
        asking.servers(("127.0.0.1", 1), "web@docker")


def _hook(text: str) -> None:
    output = text.encode("utf-8", "surrogatepass")
    assert all(printable(redact_urls(line), limit=400).isprintable() for line in lines_in(output))
    tail_of(output)


_AUTH = base64.b64encode(b"me:secret").decode()

TOOL_READERS: dict[str, Reader] = {
    "docker inspect": Reader(
        lambda: json.dumps(_INSPECTED),
        _inspected,
        _values(_INSPECTED, "Config", "Name", "Mounts", "RepoTags", "RepoDigests"),
    ),
    "docker compose config": Reader(
        lambda: json.dumps(_MODEL), lambda text: model_from_config(json.loads(text)), _values(_MODEL)
    ),
    "docker compose config --hash": Reader(lambda: "web 1f6990\ndb 2c\n", hashes_from_output),
    "docker compose up --dry-run": Reader(lambda: "DRY-RUN MODE -  Container demo-web-1  Recreate\n", words_of),
    "docker ps": Reader(lambda: f"{_ID}\trunning\tUp 2 minutes (healthy)\tweb\tFalse", standing_from_line),
    "a container's table of sockets": Reader(lambda: _TABLE, _table),
    "settings of docker": Reader(
        lambda: json.dumps({"auths": {"registry.test": {"auth": _AUTH}}, "credHelpers": {"b.test": "x"}}),
        _credentials,
        broken_json,
    ),
    "tags of git": Reader(lambda: "v1.2.3", _refs),
    "git verify-tag": Reader(
        lambda: (
            '[GNUPG:] GOODSIG 12 Me\n[GNUPG:] VALIDSIG 34 x\nGood "git" signature for me with ED25519 key SHA256:x\n'
        ),
        _signature,
    ),
    "cosign": Reader(lambda: "Error: no signatures found\nmain.go:69: error during command execution\n", _cosign),
    "restic snapshots": Reader(
        lambda: '[{"time": "2026-01-01T00:00:00Z", "id": "ab", "tags": ["avnwizard", "20260101-000000-v1"]}]',
        _copies(restic, restic.Restic),
        broken_json,
    ),
    "rclone lsjson": Reader(
        lambda: '[{"Path": "20260101-000000-v1", "ModTime": "2026-01-01T00:00:00Z"}]',
        _copies(rclone, rclone.Rclone),
        broken_json,
    ),
    "API of Traefik": Reader(
        lambda: '[{"name": "web@docker", "entryPoints": ["web"], "status": "enabled"}]', _api, broken_json
    ),
    "status of a balancer by a command": Reader(
        lambda: '[{"server": "a", "mode": "drain", "up": true, "weight": 0, "connections": 1, "failed": 2}]',
        lambda text: command.served(text, {"blue": "a"}),
        broken_json,
    ),
    "a container's environment": Reader(
        lambda: "postgres://app:pw@db:5432/app", lambda text: list(named_in({"DSN": text, "S3_ENDPOINT": text}))
    ),
    "output of a hook": Reader(lambda: "done https://u:p@h\r50 %\n", _hook),
}

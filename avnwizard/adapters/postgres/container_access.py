"""How a Postgres container is reached: its address on its network, and its own tools by `docker exec`."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import required
from avnwizard.adapters.docker.reach import HERE, Reach
from avnwizard.domain import commands
from avnwizard.domain.secret import Secret
from avnwizard.errors import HostError
from avnwizard.ports import ContainerCommand, ToolCommand

_PORT = "5432"
_FRESH_S = 3.0
_AVAILABLE = 3
"""The column of `df -Pk` (POSIX) that holds the free kibibytes."""


class ContainerPostgresAccess:
    """The port `PostgresAccess` over a container of the official image's kind (POSTGRES_USER, POSTGRES_PASSWORD).

    The address is read from the container again every few seconds: a restarted container has another one.

    Args:
        container_id: id or name of the container.
        environ: the environment in which docker runs; None is this process's.
    """

    def __init__(self, container_id: str, *, environ: Mapping[str, str] | None = None) -> None:
        self._container, self._cli = container_id, DockerCli(environ)
        self._known: tuple[float, dict[str, Any], str, Secret] | None = None
        self._asking = threading.Lock()

    @property
    def container(self) -> str:
        """Id or name of the container."""
        return self._container

    def credentials(self) -> tuple[str, Secret]:
        """The superuser and its password, as the container was given them."""
        return self._inspected()[1:]

    def connection(self, database: str) -> dict[str, str]:
        """Psycopg's keywords; several hosts are tried in turn: the container's addresses, then published ports."""
        raw, user, password = self._inspected()
        hosts = addresses(raw, self._cli.reach)
        if not hosts:
            raise HostError(
                f"The Postgres container {self._container[:12]} has no address that this host can reach.",
                "Is it running? A rootless engine must publish port 5432 on 127.0.0.1; a remote one, on its address.",
            )
        return {
            "host": ",".join(host for host, _ in hosts),
            "port": ",".join(port for _, port in hosts),
            "user": user,
            "password": password.reveal(),
            "dbname": database,
        }

    def command(self, tool: Sequence[str]) -> ToolCommand:
        """The tool inside the container, over its own Unix socket; the password by name, never in argv."""
        _, user, password = self._known[1:] if self._known else self._inspected()  # those stay a container's
        variables = {"PGUSER": user, "PGPASSWORD": password.reveal()}
        argv = commands.docker_exec(self._container, tool, variables=sorted(variables))
        place = self._cli.engine_socket
        asked = ContainerCommand(place, self._container, tuple(tool), variables) if place else None
        return ToolCommand(argv, {**self._cli.environ, **variables}, asked)

    def free_bytes(self, folder: str) -> int | None:
        """Asked of `df` in the container; None where the image has none."""
        done = self._cli.try_(commands.docker_exec(self._container, ("df", "-Pk", folder)))
        words = done.text.splitlines()[-1].split() if done.code == 0 and done.text.strip() else []
        return int(words[_AVAILABLE]) * 1024 if len(words) > _AVAILABLE and words[_AVAILABLE].isdigit() else None

    def _inspected(self) -> tuple[dict[str, Any], str, Secret]:
        """The container as the engine describes it, the user and the password."""
        with self._asking:
            if self._known and time.monotonic() - self._known[0] < _FRESH_S:
                return self._known[1:]
            raw = required(self._cli, self._container)
            self._known = (time.monotonic(), raw, *self._credentials(raw))
            return self._known[1:]

    def _credentials(self, raw: Mapping[str, Any]) -> tuple[str, Secret]:
        variables = dict(str(each).partition("=")[::2] for each in raw["Config"].get("Env") or ())
        user = self._value(variables, "POSTGRES_USER") or "postgres"
        return user, Secret(self._value(variables, "POSTGRES_PASSWORD"))

    def _value(self, variables: Mapping[str, str], name: str) -> str:
        """A variable, or the file that it names (`POSTGRES_PASSWORD_FILE`: Docker secrets, official image)."""
        if not (path := variables.get(f"{name}_FILE")):
            return variables.get(name, "")
        return self._cli.run(commands.docker_exec(self._container, ("cat", path))).text.rstrip("\n")


def addresses(raw: Mapping[str, Any], reach: Reach = HERE) -> list[tuple[str, str]]:
    """(host, port) pairs that are reached from here, the container's own addresses first."""
    settings = raw.get("NetworkSettings") or {}
    own = reach.own(str(each.get("IPAddress") or "") for each in (settings.get("Networks") or {}).values())
    if (raw.get("HostConfig") or {}).get("NetworkMode") == "host" and (place := reach.published("")):
        own.append(place)
    published = (settings.get("Ports") or {}).get(f"{_PORT}/tcp") or ()
    found = [(reach.published(str(each.get("HostIp", ""))), str(each.get("HostPort", ""))) for each in published]
    return [*((host, _PORT) for host in own), *dict.fromkeys(one for one in found if all(one))]

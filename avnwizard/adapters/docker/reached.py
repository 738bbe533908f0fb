"""Which servers of data a project's containers reach, asked of the engine and of the servers themselves.

A name in a container's environment means whatever container has that name on one of its networks. Two stacks share a
server exactly where it says the same of itself: PostgreSQL's system identifier (`pg_control_system`, 9.6 and later),
Valkey's and Redis' run id (`INFO server`). Where it does not say so, the container itself is its identity, and
outside this engine the address.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import LABEL, labelled, labels_of
from avnwizard.domain.shared_servers import Kind, Reached, named_in

_ASK_S = 10.0
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - names of a container's own loopback
_IDENTIFIER = "SELECT system_identifier FROM pg_control_system()"
Raw = Mapping[str, Any]


def reached(project: str, environ: Mapping[str, str] | None = None) -> tuple[Reached, ...]:
    """The servers of data that the running containers of a project name.

    Raises:
        HostError: the engine does not answer.
    """
    cli = DockerCli(environ)
    running = [raw for raw in labelled(cli) if (raw.get("State") or {}).get("Running")]
    mine = [raw for raw in running if labels_of(raw["Config"]).get(f"{LABEL}project") == project]
    found: dict[tuple[Kind, str], Reached] = {}
    for raw in mine:
        for kind, host, port in named_in(_environment(raw)):
            place = f"{host}:{port}" if port else host
            if (
                host not in _LOCAL
                and (kind, place) not in found
                and not _is_pooler(target := _named(host, raw, running))
            ):
                found[kind, place] = _identified(cli, kind, place, target)
    return tuple(found.values())


def _environment(raw: Raw) -> dict[str, str]:
    pairs = (str(one).partition("=") for one in raw["Config"].get("Env") or ())
    return {key: value for key, _, value in pairs}


def _networks(raw: Raw) -> Mapping[str, Raw]:
    found: Mapping[str, Raw] = (raw.get("NetworkSettings") or {}).get("Networks") or {}
    return found


def _names(raw: Raw, network: str) -> Iterator[str]:
    at = _networks(raw).get(network) or {}
    yield from at.get("Aliases") or ()
    yield from at.get("DNSNames") or ()
    yield from (str(at.get(key)) for key in ("IPAddress", "GlobalIPv6Address") if at.get(key))
    yield str(raw.get("Name", "")).removeprefix("/")


def _named(host: str, asking: Raw, running: Sequence[Raw]) -> Raw | None:
    """The container that a name means to another one; None where it is outside."""
    for network in _networks(asking):
        for raw in running:
            if host in _names(raw, network) and network in _networks(raw):
                return raw
    return None


def _is_pooler(target: Raw | None) -> bool:
    """Whether a container only hands its requests on to another Postgres, which its own environment names."""
    return target is not None and any(kind == "postgres" for kind, *_ in named_in(_environment(target)))


def _identified(cli: DockerCli, kind: Kind, place: str, target: Raw | None) -> Reached:
    if target is None:
        return Reached(kind, place, place, "address") if "." in place else Reached(kind, place, "")
    container, environment = str(target["Id"]), _environment(target)
    said = ""
    if kind == "postgres":
        user = environment.get("POSTGRES_USER") or "postgres"
        database = environment.get("POSTGRES_DB") or user
        argv = ("docker", "exec", container, "psql", "-U", user, "-d", database, "-qAtc", _IDENTIFIER)
        done = cli.try_(argv, timeout_s=_ASK_S)
        said = done.text.strip() if done.code == 0 and done.text.strip().isdecimal() else ""
    elif kind == "valkey":
        said = _run_id(cli, container)
    how = {"postgres": "system identifier", "valkey": "run id"}.get(kind, "") if said else "container"
    labels = labels_of(target["Config"])
    holder = f"{labels.get(f'{LABEL}project', '')}/{labels.get(f'{LABEL}service', '')}"
    return Reached(kind, place, said or container, how, holder if holder != "/" else "")


def _run_id(cli: DockerCli, container: str) -> str:
    for program in ("valkey-cli", "redis-cli"):
        done = cli.try_(("docker", "exec", container, program, "INFO", "server"), timeout_s=_ASK_S)
        for line in done.text.splitlines() if done.code == 0 else ():
            if line.startswith("run_id:"):
                return line.removeprefix("run_id:").strip()
    return ""

"""Which servers of data a project's containers reach, asked of the engine and of the servers themselves.

A name in a container's environment means whatever container has that name on one of its networks. Two stacks share a
server exactly where it says the same of itself: PostgreSQL's system identifier (`pg_control_system`, 9.6 and later),
Valkey's and Redis' run id (`INFO server`). Where it does not say so, the container itself is its identity, and
outside this engine the address. An address of this host, at a port that a container here publishes, means that
container: so a stack on another host names what runs here.
"""

import contextlib
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import LABEL, labelled, labels_of
from avnwizard.domain.shared_servers import Kind, Reached, buckets_in, named_in

_ASK_S = 10.0
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - names of a container's own loopback
_ANYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - what Docker prints for any address
_IDENTIFIER = "SELECT system_identifier FROM pg_control_system()"
Raw = Mapping[str, Any]


def reached(project: str, environ: Mapping[str, str] | None = None) -> tuple[Reached, ...]:
    """The servers of data that the running containers of a project name.

    Raises:
        HostError: the engine does not answer.
    """
    cli, here = DockerCli(environ), DockerCli()
    running = _running(cli)
    around = running if cli.reach.is_here else _running(here) if here.reach.is_here else []
    mine = [raw for raw in running if labels_of(raw["Config"]).get(f"{LABEL}project") == project]
    found: dict[tuple[Kind, str], Reached] = {}
    for raw in mine:
        buckets = buckets_in(_environment(raw))
        for kind, host, port in named_in(_environment(raw)):
            place = f"{host}:{port}" if port else host
            place += f"/{buckets}" if kind == "s3" and buckets else ""
            if host in _LOCAL or (kind, place) in found:
                continue
            target, asked = _named(host, raw, running), cli
            if target is None and (target := _published(host, port, around)):
                asked = here if around is not running else cli
            if not _is_pooler(target):
                found[kind, place] = _identified(asked, kind, place, target)
    return tuple(found.values())


def _running(cli: DockerCli) -> list[dict[str, Any]]:
    return [raw for raw in labelled(cli) if (raw.get("State") or {}).get("Running")]


def _published(host: str, port: int, around: Sequence[Raw]) -> Raw | None:
    """The container of this host's engine that publishes a port on an address of this host; None where none does."""
    ours = _own_addresses(host, port)
    for raw in around if ours else ():
        ports = ((raw.get("NetworkSettings") or {}).get("Ports") or {}).values()
        for one in (binding for bindings in ports for binding in bindings or ()):
            if str(one.get("HostPort")) == str(port) and str(one.get("HostIp") or "") in {*ours, *_ANYWHERE}:
                return raw
    return None


def _own_addresses(host: str, port: int) -> set[str]:
    """The addresses that a name has here, where each of them is this host's own."""
    if not port:
        return set()
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return set()
    return found if all(map(_is_ours, found)) else set()


def _is_ours(address: str) -> bool:
    """Whether it can be bound, which only an address of this host can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_DGRAM)) as one:
        try:
            one.bind((address, 0))
        except OSError:
            return False
    return True


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
    apart = f"/{place.partition('/')[2]}" if kind == "s3" else ""
    return Reached(kind, place, f"{said or container}{apart}", how, holder if holder != "/" else "")


def _run_id(cli: DockerCli, container: str) -> str:
    for program in ("valkey-cli", "redis-cli"):
        done = cli.try_(("docker", "exec", container, program, "INFO", "server"), timeout_s=_ASK_S)
        for line in done.text.splitlines() if done.code == 0 else ():
            if line.startswith("run_id:"):
                return line.removeprefix("run_id:").strip()
    return ""

"""Where Traefik's entrypoints are reached from this host: its flags or variables, and the ports it publishes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from avnwizard.domain.host import ComposeModel

_TCP_ANY = {"", "0.0.0.0", "[::]", "::"}  # noqa: S104 - what a published port without an address says


@dataclass(frozen=True)
class Entrypoint:
    """One entrypoint.

    Attributes:
        address: on this host.
        tls: its routers speak TLS unless they say otherwise (`http.tls`).
        redirects: it sends every request on to another one, before any router of a service is asked.
        is_default: routers that name no entrypoint listen on it.
    """

    name: str
    address: str
    port: int
    tls: bool
    redirects: bool
    is_default: bool = True

    def takes(self, named: Iterable[str]) -> bool:
        """Whether a router listens on it whose label names these; one without a name takes every router."""
        names = {name.lower() for name in named}
        return not self.name or (self.name in names if names else self.is_default)


def find_traefik(model: ComposeModel) -> str:
    """The service that is Traefik, by its image's name, "" when there is none."""
    for name, service in sorted(model.services.items()):
        repository = service.image.partition("@")[0].rpartition("/")[2].partition(":")[0]
        if repository == "traefik":
            return name
    return ""


def settings_of(model: ComposeModel, service: str) -> dict[str, str]:
    """Traefik's static settings by lower-case dotted name, out of its flags and its TRAEFIK_ variables."""
    body = (model.raw.get("services") or {}).get(service) or {}
    found = {
        name.removeprefix("TRAEFIK_").lower().replace("_", "."): _plain(value)
        for name, value in (body.get("environment") or {}).items()
        if name.startswith("TRAEFIK_")
    }
    for word in [*(body.get("entrypoint") or ()), *(body.get("command") or ())]:
        if str(word).startswith("--"):
            name, _, value = _plain(word).removeprefix("--").partition("=")
            found[name.lower()] = value or "true"
    return found


def entrypoints(model: ComposeModel, service: str) -> tuple[Entrypoint, ...]:
    """The TCP entrypoints that this host reaches, in the order in which Traefik is given them."""
    settings = settings_of(model, service)
    ports = _published(model, service)
    chosen = {name for name in _names(settings) if _is_on(settings.get(f"entrypoints.{name}.asdefault", ""))}
    found = []
    for name in _names(settings) or _unnamed(ports):
        inner = _port(settings.get(f"entrypoints.{name}.address", "")) or _USUAL.get(name, 0)
        if inner not in ports:
            continue
        address, port = ports[inner]
        redirection = f"entrypoints.{name}.http.redirections.entrypoint"
        redirects = f"{redirection}.to" in settings and f"{redirection}.priority" not in settings
        is_default = name in chosen if chosen else name != _INTERNAL
        found.append(Entrypoint(name, address, port, _speaks_tls(settings, name), redirects, is_default))
    return tuple(found)


_USUAL = {"http": 80, "web": 80, "websecure": 443}
_INTERNAL = "traefik"
"""Traefik's entrypoint for its own API; never a default one (v3.7, `getDefaultsEntrypoints`)."""


def _speaks_tls(settings: Mapping[str, str], name: str) -> bool:
    key = f"entrypoints.{name}.http.tls"
    return _is_on(settings.get(key, "")) or any(each.startswith(f"{key}.") for each in settings)


def _is_on(value: str) -> bool:
    return value.lower() in {"1", "t", "true"}


def _names(settings: Mapping[str, str]) -> list[str]:
    names = [key.split(".")[1] for key in settings if key.startswith("entrypoints.") and key.endswith(".address")]
    return list(dict.fromkeys(name for name in names if not settings[f"entrypoints.{name}.address"].endswith("/udp")))


def _unnamed(ports: Mapping[int, tuple[str, int]]) -> list[str]:
    """Where a file of Traefik's own names them, the usual names for the usual ports."""
    return [name for name in ("web", "websecure") if _USUAL[name] in ports]


def _port(address: str) -> int:
    text = address.partition("/")[0].rpartition(":")[2]
    return int(text) if text.isdigit() else 0


def _published(model: ComposeModel, service: str) -> dict[int, tuple[str, int]]:
    """Port in the container -> (address, port) on this host."""
    body: Mapping[str, Any] = (model.raw.get("services") or {}).get(service) or {}
    if body.get("network_mode") == "host":
        return {port: ("127.0.0.1", port) for port in range(1, 65536)}
    found: dict[int, tuple[str, int]] = {}
    for port in body.get("ports") or ():
        outer, inner = str(port.get("published") or ""), port.get("target")
        if not outer.isdigit() or not inner or port.get("protocol", "tcp") != "tcp":
            continue
        host = str(port.get("host_ip") or "")
        found.setdefault(int(inner), ("127.0.0.1" if host in _TCP_ANY else host.strip("[]"), int(outer)))
    return found


def _plain(value: object) -> str:
    return str(value).replace("$$", "$")

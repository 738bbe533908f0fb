"""What of an engine's machine is reached from this host: an address there may mean another container here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
_ANY = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - what Docker prints for any address
_LOCAL = frozenset({LOOPBACK, "::1", "localhost"})


@dataclass(frozen=True)
class Reach:
    """From this host to an engine's containers.

    Attributes:
        host: the engine's machine, by name or address; "" where it is unknown; None for this host.
    """

    host: str | None

    @property
    def is_here(self) -> bool:
        """Whether the engine runs on this host."""
        return self.host is None

    def own(self, addresses: Iterable[str]) -> list[str]:
        """Those of a container's own addresses that mean it here, too: none of an engine elsewhere."""
        return [one for one in addresses if one] if self.is_here else []

    def published(self, address: str) -> str:
        """Where a port is reached that is published on an address of the engine's machine; "" where it is not."""
        anywhere = address in _ANY
        if self.host is None:
            return LOOPBACK if anywhere else address
        return self.host if anywhere else "" if address in _LOCAL else address


HERE = Reach(None)


def elsewhere(endpoint: str) -> Reach:
    """By the address of an engine on another machine, such as "ssh://ops@db2.example.com"."""
    try:
        return Reach(urlsplit(endpoint).hostname or "")
    except ValueError:
        return Reach("")


def environment_of(context: str, environ: Mapping[str, str]) -> dict[str, str] | None:
    """The environment in which docker speaks to a context's engine; None for the one that `environ` says.

    `DOCKER_HOST` would win over `DOCKER_CONTEXT` (docker/cli, `resolveContextName`), so it is taken out.
    """
    if not context:
        return None
    others = {"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_TLS"}
    return {name: value for name, value in environ.items() if name not in others} | {"DOCKER_CONTEXT": context}

"""Which services of the stack the canary asks, and where."""

from dataclasses import dataclass

from avnwizard.domain.canary.calls import Door
from avnwizard.domain.host import ComposeModel, Container
from avnwizard.domain.plain import printable
from avnwizard.domain.rotation.places import value_of
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host

_NONE = "none"
_PORTS = {"kratos": (4433, 4434), "hydra": (4444, 4445)}
"""Public and admin, unless `SERVE_PUBLIC_PORT` and `SERVE_ADMIN_PORT` say otherwise (Ory's configuration schemas)."""


@dataclass(frozen=True)
class Api:
    """A service's two sides."""

    public: Door
    admin: Door


@dataclass(frozen=True)
class Doors:
    """The services that there are; None where the stack has none, or it is left out."""

    kratos: Api | None
    hydra: Api | None

    @property
    def missing(self) -> tuple[str, ...]:
        """What is left out, by the product's name."""
        return tuple(name for name, found in (("Kratos", self.kratos), ("Hydra", self.hydra)) if found is None)


def find_doors(host: Host) -> Doors:
    """Look them up in the compose files and among the containers.

    Raises:
        RefusedError: several services could be meant, or the one that is named does not exist.
    """
    model, containers = host.stack.resolve(), host.stack.containers()
    section = host.config.canary
    return Doors(
        _api(model, containers, "kratos", section.kratos, section.kratos_url, section.kratos_admin_url),
        _api(model, containers, "hydra", section.hydra, section.hydra_url, section.hydra_admin_url),
    )


def _api(
    model: ComposeModel, containers: tuple[Container, ...], what: str, named: str, public: str, admin: str
) -> Api | None:
    if named == _NONE:
        return None
    service = named or _by_image(model, containers, what)
    if not service:
        return None
    if service not in model.services:
        raise RefusedError(
            f"[canary] {what} names {printable(service, limit=60)}, which is no service of this stack.",
            "Look at: docker compose config --services",
        )
    ports = [
        int(told) if (told := value_of(model.raw, service, f"SERVE_{side}_PORT")).isdigit() else usual
        for side, usual in zip(("PUBLIC", "ADMIN"), _PORTS[what], strict=True)
    ]
    return Api(Door(service, ports[0], public), Door(service, ports[1], admin))


def _by_image(model: ComposeModel, containers: tuple[Container, ...], what: str) -> str:
    """The one service that serves from an image of that name; "" where none does."""
    alive = {one.service for one in containers if one.state == "running" and not one.one_off}
    found = [name for name, one in model.services.items() if _name_of(one.image) == what and name in alive]
    if len(found) > 1:
        names = ", ".join(printable(name, limit=60) for name in sorted(found))
        raise RefusedError(
            f"Several services run an image called {what}: {names}.",
            f"Name the one that people sign in at as [canary] {what} in avnwizard.toml.",
        )
    return found[0] if found else ""


def _name_of(reference: str) -> str:
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[0]

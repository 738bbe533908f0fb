"""How avnwizard itself asks a container whether it is ready, where no health check says so."""

from dataclasses import dataclass
from http import HTTPStatus

from avnwizard.domain.host import Service
from avnwizard.domain.traefik.labels import TraefikLabels, read_labels
from avnwizard.domain.traefik.routes import is_harmless
from avnwizard.domain.traefik.rules import Request, parse_rule, requests_for
from avnwizard.errors import UsageError

LASTS_S = 3.0
"""For how long a container has to answer without a break: a program may answer once and end."""
_PORT, _SCHEME = "loadbalancer.server.port", "loadbalancer.server.scheme"


@dataclass(frozen=True)
class Readiness:
    """A GET that a container is asked on its own address.

    Attributes:
        port: of its Traefik service.
        host: the header, as its route has it; "" for none.
        named: the operator named the path, so only an answer of success or a redirect counts.
    """

    port: int
    path: str = "/"
    host: str = ""
    named: bool = False

    def is_met_by(self, status: int | None) -> bool:
        """Whether an answer of that status says "ready"; None is no answer."""
        limit = HTTPStatus.BAD_REQUEST if self.named else HTTPStatus.INTERNAL_SERVER_ERROR
        return status is not None and HTTPStatus.OK <= status < limit

    def in_words(self) -> str:
        """What is asked, and what counts."""
        least = "with success or a redirect" if self.named else "with less than 500"
        return f"avnwizard asks port {self.port} for {self.path} until it answers {least} for {LASTS_S:.0f} s"


def readiness_of(service: Service, *, path: str = "") -> Readiness | str:
    """How a service with a route is asked, or why it cannot be.

    Args:
        path: as `[roll] ready` names it; "" for that of its route.
    """
    labels = read_labels(service.labels)
    if not labels.routers:
        return "no HTTP route leads to it"
    ports = {options[_PORT] for options in labels.services.values() if _PORT in options}
    if len(ports) != 1 or not (port := ports.pop()).isdigit():
        return "its labels do not name one port"
    schemes = {options[_SCHEME].lower() for options in labels.services.values() if _SCHEME in options} - {"http"}
    if schemes:
        return f"it speaks {schemes.pop()}, which avnwizard does not ask"
    request = _request(labels)
    return Readiness(int(port), path or request.path, request.host, named=bool(path))


def _request(labels: TraefikLabels) -> Request:
    """A harmless GET that one of its routers would pass on, else of the plain root."""
    for router in labels.routers:
        try:
            found = requests_for(parse_rule(router.rule)) if router.rule else ()
        except UsageError:
            continue
        for one in found:
            if is_harmless(one.path):
                return one
    return Request("", "/")

"""What a roll needs of the reverse proxy, as a Protocol; see `avnwizard.ports` for the rest of the world.

Every method raises `avnwizard.errors.HostError` when the world refuses.
"""

from collections.abc import Sequence
from typing import Protocol

from avnwizard.domain.edge import Connections, Director, EdgeFacts
from avnwizard.domain.readiness import Readiness


class Edge(Protocol):
    """The reverse proxy before the stack, as far as a roll may steer it: by directors, never by its settings.

    A director is a container without a network whose labels send a service's requests to chosen containers
    (`avnwizard.domain.traefik.director`). It carries no label of Compose's.
    """

    def facts(self) -> EdgeFacts | None:
        """The proxy that runs now; None where none does."""

    def default_rule(self, service: str) -> str:
        """The rule that the proxy gives to a router of this service that has none; "" where it is not known."""

    def directors(self, service: str = "") -> tuple[Director, ...]:
        """Every director of this project, or of one service, those that ended too: found by their label."""

    def direct(self, service: str, containers: Sequence[str], *, run: str) -> None:
        """Start a director for each container, above those that there are; nothing to do where they are there.

        `HostError` where the service's labels cannot be repeated.
        """

    def hold(self, service: str, containers: Sequence[str], *, run: str, hold_s: float) -> tuple[str, ...]:
        """Start a director for each container by its name: requests wait for as long as no container has that name.

        Returns:
            The targets, for `knows`.

        Raises:
            HostError: the service's labels cannot be repeated, or the proxy knows no names.
        """

    def knows(self, service: str, containers: Sequence[str]) -> bool:
        """Whether the proxy routes by the directors to each of these containers."""

    def knows_only(self, service: str, containers: Sequence[str]) -> bool:
        """Whether the proxy, left to the service's own labels, would route to these containers and to no other."""

    def throttle_s(self, service: str, containers: Sequence[str]) -> float:
        """For how long after a change the proxy takes up no other: all that happens by then is one change to it.

        Returns:
            Seconds. 0 where that is not known, or where the service's own labels do not route to these containers
            yet (they may to others, too).
        """

    def answer(self, container_id: str, ready: Readiness) -> int | None:
        """The status with which a container itself answers on its own address; None where it does not answer."""

    def undirect(self, service: str, *, keep: Sequence[str] = ()) -> None:
        """Remove the service's directors, but the topmost ones of the containers in `keep`."""

    def connections(self, container_id: str, *, quiet_s: float) -> Connections:
        """The inbound connections of a container now; one is idle that owes no answer and was quiet for so long."""

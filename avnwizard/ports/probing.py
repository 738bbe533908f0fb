"""What stands between the users and the services."""

from collections.abc import Callable, Sequence
from typing import Protocol

from avnwizard.domain.probing import Outcome, Route


class ProbeRun(Protocol):
    """A probe under way, alongside the run."""

    @property
    def problem(self) -> str:
        """Why it ended by itself, "" while it has not."""

    def now(self) -> float:
        """The steady clock, in seconds, of the times that it gives."""

    def focus(self, service: str) -> None:
        """Ask this service's routes more often, as it is being rolled; "" for all alike."""

    def stop(self) -> None:
        """Send no more, and wait a few seconds for what is under way."""


class EdgeProbe(Protocol):
    """Asks the edge as users do. It never raises: what goes wrong is an outcome."""

    def ask(self, routes: Sequence[Route]) -> tuple[Outcome, ...]:
        """One GET for each route, all at once, within a few seconds."""

    def start(
        self, routes: Sequence[Route], *, rate: float, settled: Callable[[Route, Outcome, float, float], None]
    ) -> ProbeRun:
        """Send `rate` requests a second, each when it is due, whether or not the ones before were answered.

        Args:
            settled: called for each request, from the probe's own thread: when it was due, when it ended.
        """

"""Whose turn it is: every route in turn, and those of the service that is rolled in between."""

from collections.abc import Sequence

from avnwizard.domain.probing.route import Route


class Schedule:
    """Gives out routes; at most one thread asks for the next, any may set the focus.

    Args:
        routes: at least one.
        rate: requests a second.
    """

    def __init__(self, routes: Sequence[Route], rate: float) -> None:
        self.rate = rate
        self._routes = tuple(routes)
        self._near: tuple[Route, ...] = ()
        self._turn = 0

    def focus(self, service: str) -> None:
        """Give every other turn to the routes of a service; "" (or one that has none) for all alike."""
        self._near = tuple(route for route in self._routes if service and route.service == service)

    def next(self) -> Route:
        """The route to ask now."""
        turn, near = self._turn, self._near
        self._turn += 1
        if near and turn % 2:
            return near[turn // 2 % len(near)]
        return self._routes[(turn // 2 if near else turn) % len(self._routes)]

    @property
    def longest_s(self) -> float:
        """The longest time between two requests of one route."""
        return len(self._routes) * (2 if self._near else 1) / self.rate

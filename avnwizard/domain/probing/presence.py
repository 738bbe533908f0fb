"""When each service had a container that serves: what an answer at its route is worth is not for the answer to say.

Traefik's Docker provider leaves out containers that do not run or whose health check does not pass (v3.7,
`keepContainer`). While a service has no other, all its routers are gone, and whatever answers at its routes is
another service, however much alike the answers may be.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Presence = Literal["there", "leaving", "away"]
"""Of a route's services while a request was under way. `there`: one served at some moment, or that is not known;
`leaving`: none served, but Traefik may not have taken that up yet; `away`: none served for longer than that."""

NOTICED_S = 2.5
"""Traefik takes up what happens to containers at most every 2 s (`providersThrottleDuration`)."""
_KEPT_S = 60.0
"""Longer than a request can take."""


@dataclass(frozen=True)
class Standing:
    """One running container of the project, as far as it decides who is routed to.

    Attributes:
        serves: its health check passes, or it has none.
    """

    id: str
    service: str
    serves: bool


@dataclass(frozen=True)
class _Look:
    """A look at the containers; what it saw was so at some moment between its beginning and its end."""

    began_s: float
    ended_s: float
    serving: frozenset[str] | None


class PresenceLog:
    """The looks at a stack's containers, the oldest first, on the clock of the probe's times."""

    def __init__(self) -> None:
        self._looks: deque[_Look] = deque()

    def add(self, began_s: float, ended_s: float, serving: frozenset[str] | None) -> None:
        """Keep a look.

        Args:
            serving: the services that have a container to route to; None where that could not be seen.
        """
        self._looks.append(_Look(began_s, ended_s, serving))
        while self._looks[0].ended_s < ended_s - _KEPT_S:
            self._looks.popleft()

    def presence(self, services: Iterable[str], due_s: float, ended_s: float) -> Presence:
        """Of the services of one route, over the whole time of a request; of none, nothing is known."""
        wanted = frozenset(services)
        if not wanted:
            return "there"
        if self._all_away(wanted, due_s - NOTICED_S, ended_s):
            return "away"
        return "leaving" if self._all_away(wanted, due_s, ended_s) else "there"

    def _all_away(self, services: frozenset[str], since_s: float, until_s: float) -> bool:
        """Whether none of them served in any look from the last before `since_s` to the first after `until_s`."""
        before = max((number for number, one in enumerate(self._looks) if one.ended_s <= since_s), default=None)
        after = next((number for number, one in enumerate(self._looks) if one.began_s >= until_s), None)
        if before is None or after is None:
            return False
        looks = (one for number, one in enumerate(self._looks) if before <= number <= after)
        return all(one.serving is not None and not services & one.serving for one in looks)

"""The practice host behind the port `Edge`: directors in the state file, and a Traefik that takes its time.

Traefik is there when its container serves. What happens to containers and directors is in force `LAG_S` later, as
with `providersThrottleDuration`; an open director that points at a container which is gone steers nobody.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from avnwizard.domain.edge import Connections, Director, EdgeFacts
from avnwizard.domain.readiness import Readiness
from avnwizard.domain.traefik.labels import default_name
from avnwizard.errors import HostError
from avnwizard.practice.container_store import new_id
from avnwizard.practice.observation import Observer
from avnwizard.practice.state import State

_TRAEFIK = "traefik"
LAG_S = 2.0
"""Of practice time: how long a change takes until Traefik has it."""


@dataclass(frozen=True)
class Direction:
    """A director's whole life, also once it is removed: `until` is None while it is there."""

    service: str
    target: str
    lift: int
    at: float
    until: float | None


def directions_since(state: State, moment: float) -> tuple[Direction, ...]:
    """Every director that was there at some time since a moment."""
    query = "SELECT service, target, lift, at, until FROM direction WHERE until IS NULL OR until > ?"
    return tuple(Direction(*row) for row in state.rows(query, moment))


class PracticeTraefik:
    """`ports.Edge` on the practice host; every process may have its own."""

    def __init__(self, project: str, state: State, observer: Observer) -> None:
        self._project, self._state, self._observer = project, state, observer

    def facts(self) -> EdgeFacts | None:
        """The practice Traefik, where its container serves."""
        found = [one for one in self._observer.containers(_TRAEFIK) if one.is_serving]
        if not found:
            return None
        version = found[0].image.rpartition(":")[2].removeprefix("v")
        rule = "Host(`{{ normalize .Name }}`)"
        return EdgeFacts(found[0].id, found[0].name, _TRAEFIK, version, True, True, False, rule)

    def default_rule(self, service: str) -> str:
        """As Traefik's own default has it."""
        return f"Host(`{default_name(service, self._project)}`)"

    def directors(self, service: str = "") -> tuple[Director, ...]:
        """Every director, or those of one service."""
        rows = self._state.rows("SELECT * FROM director WHERE service = ? OR ? = '' ORDER BY lift", service, service)
        return tuple(
            Director(row["id"], row["service"], row["run"], row["token"], row["target"], row["lift"], running=True)
            for row in rows
        )

    def direct(self, service: str, containers: Sequence[str], *, run: str) -> None:
        """Start directors above those that there are."""
        there = self.directors(service)
        top = max((one.lift for one in there), default=0)
        if {one.target for one in there if one.lift == top} == set(containers):
            return
        if self.facts() is None:
            raise HostError("No Traefik routes to this stack.", "Is it running? `docker ps`")
        token, now = secrets.token_hex(6), time.time()
        with self._state.transaction() as db:
            for target in containers:
                row = (new_id(), service, run, token, target, top + 1, now)
                db.execute("INSERT INTO director VALUES (?, ?, ?, ?, ?, ?, ?)", row)
                db.execute(
                    "INSERT INTO direction VALUES (?, ?, ?, ?, ?, NULL)", (row[0], service, target, top + 1, now)
                )

    def hold(self, service: str, containers: Sequence[str], *, run: str, hold_s: float) -> tuple[str, ...]:
        """The practice's Traefik knows no containers by name, and its facts say so."""
        del containers, run, hold_s
        raise HostError(f"{service} cannot be held: this Traefik knows no containers by name.")

    def knows(self, service: str, containers: Sequence[str]) -> bool:
        """Whether the directors of these containers have been there for long enough."""
        there = [one for one in self.directors(service) if one.target in containers]
        return {one.target for one in there} == set(containers) and self._caught_up(service)

    def knows_only(self, service: str, containers: Sequence[str]) -> bool:
        """Whether only these serve, and have done so for long enough."""
        serving = {one.id for one in self._observer.containers(service) if one.is_serving}
        return serving == set(containers) and self._caught_up(service)

    def throttle_s(self, service: str, containers: Sequence[str]) -> float:
        """Its lag, where these serve."""
        serving = {one.id for one in self._observer.containers(service) if one.is_serving}
        return LAG_S / self._state.speed if serving >= set(containers) else 0.0

    def undirect(self, service: str, *, keep: Sequence[str] = ()) -> None:
        """Remove directors."""
        there = self.directors(service)
        top = max((one.lift for one in there), default=0)
        with self._state.transaction() as db:
            for one in there:
                if not (one.target in keep and one.lift == top):
                    db.execute("DELETE FROM director WHERE id = ?", (one.id,))
                    db.execute("UPDATE direction SET until = ? WHERE director = ?", (time.time(), one.id))

    def answer(self, container_id: str, ready: Readiness) -> int | None:
        """200 from a program that is up and listens on that port, 503 while it is not ready, else nothing."""
        return self._observer.answer(container_id, ready.port)

    def connections(self, container_id: str, *, quiet_s: float) -> Connections:
        """A practice container is asked by nobody for longer than an instant."""
        return Connections(0, 0, "netns")

    def _caught_up(self, service: str) -> bool:
        """Whether nothing happened to the service within Traefik's lag."""
        query = "SELECT MAX(at) AS last FROM (SELECT started_at AS at FROM director WHERE service = ?"
        query += " UNION ALL SELECT started_at FROM container WHERE service = ?"
        query += " UNION ALL SELECT stopped_at FROM container WHERE service = ?)"
        last = self._state.rows(query, service, service, service)[0]["last"] or 0.0
        return time.time() - float(last) >= LAG_S / self._state.speed

"""Failures that a practice can be asked for, by the names that `avnwizard demo --fail` takes."""

import json
from dataclasses import dataclass
from typing import Literal, get_args

from avnwizard.errors import UsageError
from avnwizard.practice.product.services import SERVICES
from avnwizard.practice.state import State

Kind = Literal["pull", "unhealthy", "migration", "disk"]
_WITH_SERVICE = {"pull": "may", "unhealthy": "must", "migration": "may not", "disk": "may not"}


@dataclass(frozen=True)
class Failure:
    """One thing that goes wrong.

    Attributes:
        kind: `pull` (the registry breaks off), `unhealthy` (the next release of a service never gets healthy),
            `migration` (a migration of the next release fails half-way), `disk` (the disk fills during a dump).
        service: the service that it befalls; "" where it befalls any.
    """

    kind: Kind
    service: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.service}" if self.service else self.kind


def parse(text: str) -> Failure:
    """Read `pull`, `pull:SERVICE`, `unhealthy:SERVICE` (to the operator: `roll:SERVICE`), `migration` or `disk`.

    Raises:
        UsageError: there is no such failure, or no such service on a practice host.
    """
    name, colon, service = text.partition(":")
    name = "unhealthy" if colon and name == "roll" else name
    for kind in get_args(Kind):
        if name == kind:
            need = _WITH_SERVICE[kind]
            if (need == "must" and not service) or (need == "may not" and colon) or (colon and not service):
                break
            _require_service(service)
            return Failure(kind, service)
    raise UsageError(
        f"there is no failure called {text!r}",
        "Use pull, pull:SERVICE, roll:SERVICE (the same as unhealthy:SERVICE), migration or disk.",
    )


def _require_service(name: str) -> None:
    names = [one.name for one in SERVICES]
    if name and name not in names:
        raise UsageError(f"the practice stack has no service {name!r}", f"It has: {', '.join(names)}.")


class FailureOrders:
    """The failures that are ordered on a practice host, until somebody clears them ("the operator fixed it")."""

    def __init__(self, state: State) -> None:
        self._state = state

    def order(self, failure: Failure) -> None:
        """Let it happen from now on, to images that no container of the service runs yet."""
        query = "SELECT DISTINCT image_id FROM container WHERE removed_at IS NULL AND (service = ? OR ? = '')"
        with self._state.transaction() as db:
            running = [row["image_id"] for row in self._state.rows(query, failure.service, failure.service)]
            db.execute(
                "INSERT OR REPLACE INTO failure VALUES (?, ?, ?)",
                (failure.kind, failure.service, json.dumps(running)),
            )

    def clear(self, failure: Failure | None = None) -> None:
        """End one failure, or all of them."""
        with self._state.transaction() as db:
            if failure is None:
                db.execute("DELETE FROM failure")
            else:
                db.execute("DELETE FROM failure WHERE kind = ? AND service = ?", (failure.kind, failure.service))

    def ordered(self) -> tuple[Failure, ...]:
        """What is ordered now."""
        rows = self._state.rows("SELECT kind, service FROM failure ORDER BY kind, service")
        return tuple(Failure(row["kind"], row["service"]) for row in rows)

    def befalls(self, kind: Kind, service: str, image_id: str = "") -> bool:
        """Whether a failure of this kind happens to this service, running this image."""
        rows = self._state.rows(
            "SELECT spared_images FROM failure WHERE kind = ? AND service IN ('', ?)", kind, service
        )
        return any(image_id not in json.loads(row["spared_images"]) for row in rows)

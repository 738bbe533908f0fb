"""Failures that a practice can be asked for, by the names that `avnwizard demo --fail` takes."""

from dataclasses import dataclass
from typing import Literal, get_args

from avnwizard.errors import UsageError

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
    """Read `pull`, `pull:SERVICE`, `unhealthy:SERVICE`, `migration` or `disk`; else `UsageError`."""
    name, colon, service = text.partition(":")
    for kind in get_args(Kind):
        if name == kind:
            need = _WITH_SERVICE[kind]
            if (need == "must" and not service) or (need == "may not" and colon) or (colon and not service):
                break
            return Failure(kind, service)
    raise UsageError(
        f"there is no failure called {text!r}", "Use pull, pull:SERVICE, unhealthy:SERVICE, migration or disk."
    )

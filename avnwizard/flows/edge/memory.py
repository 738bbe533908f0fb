"""What the probe must not forget when the run is cut off: a file in the run's folder, and not the journal.

It is written every few seconds alongside the run, whose commits must stay in an order that a crash test can repeat.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avnwizard.domain.probing import Identity, Route, Tally, is_alike, numbers, tally_from, together
from avnwizard.errors import WizardError
from avnwizard.ports import Files

NAME = "probe.json"


@dataclass
class ProbeMemory:
    """Of one run.

    Attributes:
        identities: router -> who answers there, as learned before anything was changed.
        tallies: router -> what was counted.
        services: router -> service.
        notes: what the operator should know of the probe itself.
    """

    identities: dict[str, Identity] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def total(self) -> Tally:
        """All routes."""
        return together(self.tallies.values())

    def by_service(self) -> dict[str, Tally]:
        """Service -> what was counted on all its routes."""
        names = sorted({self.services.get(route, "") or route for route in self.tallies})
        return {
            name: together(
                tally for route, tally in self.tallies.items() if (self.services.get(route, "") or route) == name
            )
            for name in names
        }

    def is_alike(self, route: Route) -> bool:
        """Whether a route's answers looked like those of the rule that would answer in its place."""
        return is_alike(route, self.identities.get(route.name, Identity()))

    def answering(self, routes: tuple[Route, ...]) -> tuple[Route, ...]:
        """The routes that answered before anything was changed."""
        return tuple(route for route in routes if self.identities.get(route.name, Identity()).answers)


def load(files: Files, folder: Path) -> ProbeMemory | None:
    """What was kept in a run's folder; None where there is nothing that can be read."""
    try:
        return _from(json.loads(files.read(folder / NAME)))
    except (WizardError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return None


def measured(memory: ProbeMemory | None) -> dict[str, Any] | None:
    """The figures, for a script: {"total", "services", "notes"}; None where nothing was measured."""
    if memory is None or not memory.total.sent:
        return None
    services = {name: numbers(tally) for name, tally in memory.by_service().items()}
    return {"total": numbers(memory.total), "services": services, "notes": memory.notes}


def dump(memory: ProbeMemory) -> bytes:
    """What to keep, as JSON; it holds hashes of what was answered."""
    found: dict[str, Any] = {
        "identities": {
            name: {
                "statuses": one.statuses,
                "own": sorted(one.own),
                "other": sorted(one.other),
                "echoes": one.echoes,
                "ill": sorted(one.ill),
            }
            for name, one in memory.identities.items()
        },
        "tallies": {name: tally.to_json() for name, tally in memory.tallies.items()},
        "services": memory.services,
        "notes": memory.notes,
        "total": numbers(memory.total),
    }
    return json.dumps(found).encode()


def _from(found: Mapping[str, Any]) -> ProbeMemory:
    return ProbeMemory(
        identities={
            str(name): Identity(
                tuple(map(int, one["statuses"])),
                frozenset(one["own"]),
                frozenset(one["other"]),
                int(one["echoes"]),
                frozenset(one.get("ill", ())),
            )
            for name, one in found["identities"].items()
        },
        tallies={str(name): tally_from(one) for name, one in found["tallies"].items()},
        services={str(name): str(service) for name, service in found["services"].items()},
        notes=[str(note) for note in found["notes"]],
    )

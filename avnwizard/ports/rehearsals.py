"""An isolated copy of the stack on the same engine, made for a rehearsal and removed whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from avnwizard.domain.host import ComposeProject
from avnwizard.domain.rehearsal.commands import CopyServer
from avnwizard.domain.rehearsal.order import Mark
from avnwizard.ports.database import Database
from avnwizard.ports.stack import Stack


@dataclass(frozen=True)
class Machine:
    """What is left of the engine's host for a rehearsal.

    Attributes:
        memory_bytes: what can be used without swapping; None where that cannot be seen from here.
        load: the load average of the last minute for each processor; None where that cannot be seen.
    """

    memory_bytes: int | None
    load: float | None


class Rehearsals(Protocol):
    """What a rehearsal needs of the engine. Every method raises `HostError` when the world refuses."""

    def machine(self) -> Machine:
        """How much room there is on the engine's host."""

    def stack(self, project: ComposeProject) -> Stack:
        """The copy as a Compose project, from generated files."""

    def strangers(self, mark: Mark) -> tuple[str, ...]:
        """Containers that carry the copy's project name and were not made by a rehearsal, by name."""

    def copy_server(self, order: CopyServer) -> None:
        """A physical copy of the running server in the copy's own, new volume; the server is only read."""

    def database(self, container: str) -> Database:
        """The way to the copied server in its container."""

    def empty(self, container: str, databases: Sequence[str], tables: Sequence[str]) -> None:
        """Empty tables of the copied server by their names, in every schema, with all that refers to their rows."""

    def left(self, mark: Mark) -> tuple[str, ...]:
        """What there is of a rehearsal: "KIND NAME" each."""

    def sweep(self, mark: Mark) -> None:
        """Remove all that a rehearsal made, by its labels; no error when there is nothing."""

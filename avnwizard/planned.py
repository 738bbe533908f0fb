"""A step as the operator reads it: its kind, what will run, what users notice, and what going back costs.

The engine journals it, the plan freezes it, the screens show it: all from what the step says of itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class StepKind(StrEnum):
    """What a step is about. The journal keeps the value."""

    SNAPSHOT = "snapshot"
    """Takes a snapshot; nothing of the stack changes."""
    FILES = "files"
    """Changes the checkout or the env file."""
    PULL = "pull"
    """Pulls images, or moves image names."""
    JOB = "job"
    """Runs a one-shot service, such as a migration."""
    ROLL = "roll"
    """Replaces the containers of a service."""
    RETIRE = "retire"
    """Removes a service that the release no longer has."""
    LEAVE = "leave"
    """Leaves a service as it is, and says why."""
    STOP = "stop"
    """Stops services for as long as the databases are exchanged."""
    START = "start"
    """Starts what `STOP` stopped."""
    RESTORE = "restore"
    """Restores databases alongside the live ones, which stay untouched."""
    DATA = "data"
    """Puts other data in place of the live data."""
    ROLES = "roles"
    """Changes roles of the database server."""
    SAVE = "save"
    """Writes data that would otherwise be lost to files."""
    CHECK = "check"
    """Looks, and changes nothing."""
    REMOVE = "remove"
    """Removes for good what was set aside and nobody needs any more."""
    OTHER = "other"

    @property
    def touches_data(self) -> bool:
        """Whether newer code, a migration or other data may have come to the databases with it."""
        return self in {StepKind.JOB, StepKind.ROLL, StepKind.DATA}

    @property
    def moves(self) -> bool:
        """Whether services or data are no longer as they were once it has begun."""
        return self.touches_data or self in {StepKind.STOP, StepKind.RETIRE}

    @property
    def changes(self) -> bool:
        """Whether it changes something of the stack that going back must take care of."""
        return self not in _LEAVES_THE_STACK


_LEAVES_THE_STACK = frozenset(
    {StepKind.SNAPSHOT, StepKind.RESTORE, StepKind.LEAVE, StepKind.SAVE, StepKind.CHECK, StepKind.REMOVE}
)


@dataclass(frozen=True)
class PlannedStep:
    """One step as the operator reads it.

    Attributes:
        name: unique in its run, such as "roll:gateway".
        commands: each argv that will run, as it will run; a built-in action is described in `note`.
        going_back: what going back costs once this step is done.
        interrupts: what users notice, "" for nothing.
        seconds: how long it is expected to take; 0.0 where nobody knows. In a wave, its share of the wave's time.
        service: the service that it is about, "" for none.
        wave: steps in a row with the same number are carried out at the same time; 0 is a step on its own.
    """

    name: str
    title: str
    commands: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    going_back: str = ""
    interrupts: str = ""
    seconds: float = 0.0
    kind: StepKind = StepKind.OTHER
    service: str = ""
    wave: int = 0


def wave_of(steps: Sequence[PlannedStep], number: int) -> tuple[int, int]:
    """The first and the last index of the steps that are carried out at the same time as one of them."""
    first = last = number
    wave = steps[number].wave
    while wave and first and steps[first - 1].wave == wave:
        first -= 1
    while wave and last + 1 < len(steps) and steps[last + 1].wave == wave:
        last += 1
    return first, last


_OLD_KINDS = {
    "snapshot": StepKind.SNAPSHOT, "checkout": StepKind.FILES, "env": StepKind.FILES, "pull": StepKind.PULL,
    "fetch": StepKind.PULL, "names": StepKind.PULL, "job": StepKind.JOB, "job-back": StepKind.JOB,
    "roll": StepKind.ROLL, "roll-back": StepKind.ROLL, "retire": StepKind.RETIRE, "leave": StepKind.LEAVE,
    "stop": StepKind.STOP, "start": StepKind.START, "restore": StepKind.RESTORE, "swap": StepKind.DATA,
    "swap-back": StepKind.DATA, "volume": StepKind.DATA, "roles": StepKind.ROLES, "save-rows": StepKind.SAVE,
    "verify": StepKind.CHECK,
}  # fmt: skip


def kind_by_name(name: str) -> tuple[StepKind, str]:
    """(kind, service) of a step that a journal of avnwizard 0.1 knows by its name alone."""
    word, _, rest = name.partition(":")
    if word == "undo":
        return kind_by_name(rest)
    kind = _OLD_KINDS.get(word, StepKind.OTHER)
    return kind, "" if word == "volume" else rest

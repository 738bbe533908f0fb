"""What every step of an upgrade is given."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from avnwizard.domain.plan import Plan, ReleaseRef
from avnwizard.flows.host import Host
from avnwizard.flows.stack.run_folder import RunFolder


@dataclass(frozen=True)
class StepInputs:
    """The plan, the world, and the folder of the run that the plan belongs to."""

    plan: Plan
    host: Host
    folder: RunFolder


class CodeMove(Protocol):
    """From which release to which the checkout moves."""

    @property
    def current(self) -> ReleaseRef:
        """The release that is left; its commit is HEAD's."""

    @property
    def target(self) -> ReleaseRef:
        """The release to go to."""

    @property
    def branch(self) -> str:
        """The branch that HEAD is on, "" for none."""

    @property
    def edited(self) -> tuple[str, ...]:
        """Tracked files with edits of the operator's."""

    @property
    def env_file_that_ran(self) -> Path | None:
        """The env file of the release that is left, which git may track; None where the stack has none."""


class MoveInputs(Protocol):
    """What the step that moves the checkout is given."""

    @property
    def plan(self) -> CodeMove:
        """The move."""

    @property
    def host(self) -> Host:
        """The world."""

    @property
    def folder(self) -> RunFolder:
        """The folder of the run that the move belongs to."""

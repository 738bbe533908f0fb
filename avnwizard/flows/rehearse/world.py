"""What every step of a rehearsal is given: the plan, the live host, the run's folder, and the copy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from avnwizard.domain.host import ComposeProject, Container
from avnwizard.domain.rehearsal.proof import require_isolated
from avnwizard.errors import StepError
from avnwizard.flows.host import Host
from avnwizard.flows.rehearse.plan import Actor, RehearsalPlan
from avnwizard.ports import Stack

Which = Literal["target", "old"]
FOLDER, LOGS, RELEASE = "rehearsal", "logs", "release"


@dataclass(frozen=True)
class World:
    """The plan, the live host, which is only read, and the folder of the run."""

    plan: RehearsalPlan
    host: Host
    folder: Path

    @property
    def place(self) -> Path:
        """Where the generated files are."""
        return self.folder / FOLDER

    def project(self, which: Which) -> ComposeProject:
        """The copy, by the target's files or by the old release's."""
        place = self.place
        return ComposeProject(self.plan.mark.name, place, (place / f"{which}.json",), place / f"{which}.env")

    def copy(self, which: Which) -> Stack:
        """The copy as it may be started: what Compose makes of the generated files is proven isolated first.

        Raises:
            RefusedError: it is not.
        """
        stack = self.host.rehearsals().stack(self.project(which))
        require_isolated(stack.resolve().raw, self.plan.isolation)
        return stack

    def server(self, stack: Stack) -> Container:
        """The container of the copied database.

        Raises:
            StepError: there is none.
        """
        found = [one for one in stack.containers(self.plan.database) if one.state == "running"]
        if not found:
            raise StepError("The copied database does not run.", f"avnwizard rehearse --to {self.plan.tag}")
        return found[0]

    def actors(self, which: Which) -> tuple[Actor, ...]:
        """The services that are started, in order."""
        return self.plan.target if which == "target" else self.plan.old

    def keep_log(self, stack: Stack, container: Container, name: str) -> None:
        """Write the last of a container's output into the run's folder: both may hold secrets."""
        lines = stack.logs(container.id, lines=_LOG_LINES)
        self.host.files.make(self.place / LOGS)
        text = "\n".join(lines).encode("utf-8", "surrogateescape")
        self.host.files.write(self.place / LOGS / f"{name}.log", text)


_LOG_LINES = 400

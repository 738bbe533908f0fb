"""Running what a release held back, as a flow: a snapshot, then the statements, then a look at the services."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from avnwizard.domain.migrations.release_list import Split
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import from_json as plan_from_json
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.domain.typed import Typed
from avnwizard.domain.words import count
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED, RunRecord, StepRecord
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import RefusedError, StepError
from avnwizard.flows.contract.old_code import require_no_old_code
from avnwizard.flows.flow import Flow, Outcome
from avnwizard.flows.host import Host
from avnwizard.flows.stack.run_folder import ENV_BEFORE, RunFolder
from avnwizard.flows.stack.survey import ailing
from avnwizard.flows.steps.copy_off import copies
from avnwizard.flows.steps.snapshot import TakeSnapshot
from avnwizard.planned import PlannedStep, StepKind

_SETTLES_S, _POLL_S = 45.0, 1.0


@dataclass(frozen=True)
class ContractOrder:
    """What is to be run.

    Attributes:
        upgrade: the run that held it back.
        tag: its release.
    """

    upgrade: str
    tag: str
    split: Split
    snapshot: SnapshotPlan


_ADAPTER: Typed[ContractOrder] = Typed(ContractOrder)


def to_json(order: ContractOrder) -> str:
    """For the journal."""
    return _ADAPTER.to_json(order)


def from_json(text: str) -> ContractOrder:
    """Read back from the journal.

    Raises:
        RefusedError: another version wrote it.
    """
    return _ADAPTER.planned(text, "contract")


class ApplyHeld(Step):
    """The statements that were held back, all in one transaction."""

    name = "contract"
    kind = StepKind.DATA
    guess_s = 5.0
    undone_by = ()  # data is gone then: the snapshot that was taken right before has it

    def __init__(self, host: Host, order: ContractOrder) -> None:
        self._host, self._order = host, order
        self.title = f"Run what {printable(order.tag)} held back"

    def describe(self) -> PlannedStep:
        """Each statement's place."""
        return replace(
            super().describe(),
            note="; ".join(self._order.split.held),
            going_back=f"avnwizard snapshot restore {self._order.snapshot.folder.name}: later rows are lost",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when nothing of what they remove is there."""
        split = self._order.split
        there = self._host.database().migrations(split.database).there(split)
        return Probe.NOT_DONE if there else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """All or nothing, and only where no old code came back since this was planned.

        Raises:
            StepError: it did.
        """
        journal = self._host.journal()
        held = journal.run(self._order.upgrade)
        try:
            require_no_old_code(self._host, journal, held, plan_from_json(held.plan))
        except RefusedError as error:
            raise StepError(error.message, f"{error.hint}. Then: avnwizard resume {ctx.run}") from error
        split = self._order.split
        statements = [text for one in split.files for text in one.later]
        with ctx.effect("apply"):
            self._host.database().migrations(split.database).apply(split, statements, record=False)
        ctx.say(f"{count(len(split.held), 'statement')} of {self._order.tag} ran")


class StillServing(Step):
    """Every service serves on the schema as it is now."""

    name = "verify"
    title = "Look that every service serves"
    kind = StepKind.CHECK
    undone_by = ()

    def __init__(self, host: Host, order: ContractOrder) -> None:
        self._host, self._order = host, order

    def probe(self, ctx: StepContext) -> Probe:
        """Looked at again."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Wait a little: a health check needs a moment to see what changed."""
        host = self._host
        model, deadline = host.stack.resolve(), host.clock.now() + _SETTLES_S
        while sick := ailing(model, host.stack.containers(), now=host.clock.now()):
            if host.clock.now() >= deadline:
                raise StepError(
                    f"{', '.join(map(printable, sorted(sick)))} does not serve since the rest of the migrations ran.",
                    f"Look at its log. The way back: avnwizard snapshot restore {self._order.snapshot.folder.name}",
                )
            ctx.checkpoint()
            host.clock.sleep(_POLL_S)


class Contract(Flow):
    """What the old code needed goes, since no old code runs any more."""

    kind = "contract"
    noun = "run of migrations that were held back"
    doing = "running the rest of the migrations"
    finished = "The rest of the migrations ran"
    subjects = frozenset({"databases"})

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """A snapshot first: it alone has what the statements remove."""
        del journal
        order, folder = from_json(run.plan), RunFolder(host.state.run(run.id), host.files)
        taken: list[Step] = [TakeSnapshot(host, order.snapshot, lambda: folder.env(ENV_BEFORE))]
        return [*taken, ApplyHeld(host, order), StillServing(host, order), *copies(host, order.snapshot)]

    def left_nothing(self, steps: Sequence[StepRecord]) -> bool:
        """While only the snapshot was taken."""
        return all(step.kind is StepKind.SNAPSHOT for step in steps if step.state != "pending")

    def snapshot(self, run: RunRecord) -> Path | None:
        """While it is at work."""
        return from_json(run.plan).snapshot.folder if run.state in UNFINISHED else None

    def tags(self, journal: Journal, run: RunRecord) -> tuple[str, str]:
        """Of one release."""
        del journal
        tag = from_json(run.plan).tag
        return tag, tag

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """What ran, and the way back."""
        del journal
        order = from_json(run.plan)
        back = f"the way back is its snapshot: avnwizard snapshot restore {order.snapshot.folder.name}"
        return Outcome(
            (("Release", order.tag), ("Statements", str(len(order.split.held)))), str(order.snapshot.folder), (back,)
        )

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """What had been held back."""
        del journal, steps
        order = from_json(run.plan)
        return [f"- held back by {printable(order.upgrade)}", *(f"- {one}" for one in order.split.held)]

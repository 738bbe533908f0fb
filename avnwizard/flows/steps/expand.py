"""Run what of a release's migrations leaves the old code working, in place of the release's own one-shot."""

from dataclasses import replace

from avnwizard.domain.migrations.release_list import Split
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.words import count
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.flows.host import Host
from avnwizard.flows.safety.out_of_sight import runs_release
from avnwizard.flows.stack.baseline import look_after_job, look_before_job
from avnwizard.planned import PlannedStep, StepKind


def first_job(plan: Plan) -> str:
    """The one-shot that runs the release's own migrations, "" where none does."""
    found = (one.service for one in plan.services if one.strategy == "job" and runs_release(plan, one.service))
    return next(found, "")


class Expand(Step):
    """The additive statements of the release, and what stands in for those that are held back.

    Args:
        job: the release's one-shot, which comes next and finds these migrations done.
    """

    name = "expand"
    kind = StepKind.JOB
    guess_s = 5.0
    undone_by = (StepKind.DATA, StepKind.JOB)

    def __init__(self, host: Host, split: Split, job: str) -> None:
        self._host, self._split, self.service = host, split, job
        self.title = f"Run {count(len(split.files), 'migration')} but for what is held back"

    def describe(self) -> PlannedStep:
        """What runs, and what does not."""
        split = self._split
        where = f"{printable(split.schema)}.{printable(split.table)}"
        held = "; ".join(split.held)
        return replace(
            super().describe(),
            note=f"In {printable(split.database)}, as {printable(split.role)}, in one transaction, and entered into "
            f"{where}, so that {printable(self.service)} finds them done. Held back: {held}.",
            going_back="the code alone: the old code works on what this makes",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when the release's own list names all, in one transaction, and what that changed was noted."""
        if not self._is_applied():
            return Probe.NOT_DONE
        return Probe.DONE if ctx.recall().get("wrote") is not None else Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """All of them at once; after a crash only what is missing of the notes."""
        split = self._split
        if not self._is_applied():
            look_before_job(ctx, self._host)
            statements = [text for one in split.files for text in one.first]
            with ctx.effect("apply"):
                self._host.database().migrations(split.database).apply(split, statements, record=True)
        look_after_job(ctx, self._host)
        for line in split.held:
            ctx.say(f"held back: {line}")

    def _is_applied(self) -> bool:
        there = self._host.database().migrations(self._split.database).recorded(self._split)
        return there >= {one.recorded for one in self._split.files}

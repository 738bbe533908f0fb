"""Take a rollback's swap back: the databases that it set aside become live again; nothing is destroyed."""

from dataclasses import replace

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.names import redone, set_aside
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.exchange import exchange
from avnwizard.planned import PlannedStep, StepKind


class SwapBack(Step):
    """Rename: what is live is set aside under a dated name, what the rollback had kept becomes live.

    Args:
        rollback: the run that set the databases aside.
    """

    name = "swap-back"
    title = "Put the databases that were set aside in place again"
    kind = StepKind.DATA
    undone_by = (StepKind.DATA,)  # restored from the snapshot of the first time

    def __init__(self, scene: StepInputs, rollback: str, databases: tuple[str, ...]) -> None:
        self._host, self._rollback, self._databases = scene.host, rollback, databases

    def describe(self) -> PlannedStep:
        """Which databases are renamed."""
        return replace(
            super().describe(),
            note=f"{', '.join(map(printable, self._databases))} by renaming; what was "
            "written since the rollback is kept under another name.",
            going_back="from here on: the databases are restored from the snapshot of the first time",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when nothing is left under a kept name."""
        database = self._host.database()
        left = [one for one in self._databases if database.exists(set_aside(one, self._rollback))]
        return Probe.HALF_DONE if left else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Swap each database that is not swapped yet."""
        database = self._host.database()
        for number, name in enumerate(self._databases):
            kept, aside = set_aside(name, self._rollback), redone(name, ctx.run)
            if exchange(ctx, database, name, stored=kept, aside=aside, number=number):
                ctx.say(f"{name} is as it was before the rollback; what it became since is kept as {aside}")

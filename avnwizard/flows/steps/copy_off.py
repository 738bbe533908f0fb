"""Copy the run's snapshot off this host, once nothing waits for it."""

from dataclasses import replace

from avnwizard.domain.plain import printable
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import offsite
from avnwizard.planned import PlannedStep, StepKind


class CopySnapshot(Step):
    """To every place that the plan names, read back and compared. A place that fails fails no run."""

    name = "copy-off"
    title = "Copy the snapshot off this host"
    kind = StepKind.CHECK
    undone_by = ()  # copies stay

    def __init__(self, host: Host, plan: SnapshotPlan) -> None:
        self._host, self._plan = host, plan

    def describe(self) -> PlannedStep:
        """Where to."""
        where = ", ".join(self._plan.copies)
        return replace(
            super().describe(),
            note=f"To {where}; each copy is read back and compared. Services run meanwhile.",
            going_back="nothing to undo; the copies stay",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Both tools leave out what is there already."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Copy."""
        try:
            with ctx.effect("send"):
                offsite.copy(
                    self._host,
                    self._plan.folder,
                    ctx.say,
                    lambda done, total: ctx.progress(done, total, "bytes"),
                    named=self._plan.copies,
                )
        except (HostError, RefusedError) as error:
            ctx.say(f"the snapshot is not copied: {error.message} Later: avnwizard snapshot copy")
            ctx.note(not_copied=printable(error.message, limit=300))


def copies(host: Host, plan: SnapshotPlan) -> list[CopySnapshot]:
    """The step, where the plan names places: what `avnwizard.toml` says later changes no run that was planned."""
    return [CopySnapshot(host, plan)] if plan.taken and plan.copies else []

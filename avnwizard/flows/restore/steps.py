"""What a restore by itself adds to the steps of a rollback's: each takes itself back."""

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.globals import left_alone
from avnwizard.domain.postgres.names import beside, redone, set_aside
from avnwizard.engine.step import Probe, StepContext
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.steps.exchange import exchange
from avnwizard.flows.steps.restore import PutInPlace, RestoreBeside


class RestoreCopies(RestoreBeside):
    """Restore alongside, and say which roles differ: no role goes back, so what they are now may be wanted."""

    undone_by = None

    def do(self, ctx: StepContext) -> None:
        """Restore, then compare the roles."""
        super().do(ctx)
        globals_ = snapshots.verified_globals(self._host.files, self._folder)
        for line in left_alone(self._host.database().globals_changes(globals_)):
            ctx.say(line)

    def undo(self, ctx: StepContext) -> None:
        """Drop the copies that were not put in place."""
        database = self._host.database()
        for name in self._databases:
            with ctx.effect("drop"):
                database.drop(beside(name, ctx.source))

    def undone(self, ctx: StepContext) -> Probe:
        """Whether no copy is left."""
        database = self._host.database()
        left = [name for name in self._databases if database.exists(beside(name, ctx.source))]
        return Probe.HALF_DONE if left else Probe.DONE


class SwapIn(PutInPlace):
    """Put the copies in place; taken back, what was live before is live again."""

    undone_by = None

    def undo(self, ctx: StepContext) -> None:
        """Rename back. What was restored is kept under another name, with all that was written to it since."""
        database = self._host.database()
        for number, name in enumerate(self._databases):
            kept, aside = set_aside(name, ctx.source), redone(name, ctx.run)
            shown = printable(name, limit=63)
            if exchange(ctx, database, name, stored=kept, aside=aside, number=number):
                ctx.say(f"{shown} is as it was before the restore; what it became since is kept as {aside}")
            elif not database.exists(name):
                ctx.say(f"{shown} is gone: bring it back with avnwizard snapshot restore --database NAME")
            elif not database.exists(aside):
                ctx.say(f"{shown} was missing before the restore, or was not restored yet; it stays as it is")

    def undone(self, ctx: StepContext) -> Probe:
        """Whether nothing is left under a kept name."""
        database = self._host.database()
        left = [name for name in self._databases if database.exists(set_aside(name, ctx.source))]
        return Probe.HALF_DONE if left else Probe.DONE

"""Every row compared while the stack serves again: what takes long at a large size, moved out of the interruption.

With a dump, the tools' exit codes and the number of rows in each table decide about the switch; the rest is read
afterwards. What is proven when, and why that is enough, for a copy of the old server's files (live or cold):

1. Before anything stops: each copied file is read back against the checksum that the old server sent along, and the
   whole upgrade is rehearsed.
2. While nobody can write, in the same time at any size: the copy is of the same cluster (system identifier), and has
   everything up to the last checkpoint, which the old server wrote when it shut down (LSN). After pg_upgrade the
   roles, grants, settings, definitions, sequences and extensions are equal, and each table has the file that it had.
   pg_upgrade leaves the tables' files as they are. So whatever was acknowledged is there, unless PostgreSQL's own
   replication, or the disk, damaged it on the way.
3. That rest is what reading all rows can find and what takes long. It is looked for afterwards: transactions that are
   opened on the new server before any service starts see the rows of the switch for as long as they are open, and a
   server of the old version reads a copy of the old volume, which itself is only read. Until then the old volume is
   whole, and the way back is open. A difference makes the run "done, but not as before", with that way back named.
"""

from dataclasses import dataclass, replace

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.rows import Comparison, Rows, compare_rows
from avnwizard.domain.postgres.server_commands import FOR_READING, ServerOrder
from avnwizard.domain.words import size
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.postgres.world import World
from avnwizard.planned import PlannedStep, StepKind
from avnwizard.ports import HeldRows

ROWS = "rows"
WRONG, OPEN = "wrong", "open"
_SPARE = 1.2
"""The old server's volume holds more than its databases: WAL, at least."""


@dataclass
class Holder:
    """What this process holds of the new server; a process that resumes the run has nothing."""

    rows: HeldRows | None = None


class HoldRows(Step):
    """Open transactions on the new server that keep seeing its rows as they are before any service writes to them."""

    name = "hold"
    title = "Hold on to the rows as they are at the switch"
    kind = StepKind.CHECK
    undone_by = ()
    guess_s = 0.5

    def __init__(self, world: World, holder: Holder) -> None:
        self._world, self._holder = world, holder

    def probe(self, ctx: StepContext) -> Probe:
        """A process that is gone holds nothing."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Open them, and wait until the disk has what pg_upgrade wrote: no write is acknowledged before."""
        there = self._world.container()
        if there is None or not self._world.is_new(there):
            raise StepError(f"{self._world.plan.service} is not on its new volume.", "Then resume, or roll back.")
        clusters = self._world.host.clusters()
        self._holder.rows = clusters.hold(there.id)
        if self._world.plan.way in {"copy", "cold"}:
            with ctx.effect("settle"):
                clusters.settle(self._world.copy_order(there), there.id)


class ProveRows(Step):
    """Read every row of both servers, the old one's from a copy of its volume, and say what differs."""

    name = ROWS
    title = "Compare every row with the old server's, while the services run"
    kind = StepKind.CHECK

    def __init__(self, world: World, holder: Holder) -> None:
        self._world, self._holder = world, holder
        self.guess_s = 5.0 + world.plan.total_bytes / 60_000_000
        plan = world.plan
        self._volume = f"{plan.volume_new}_proof"

    def describe(self) -> PlannedStep:
        """What is read, and what it takes."""
        plan = self._world.plan
        return replace(
            super().describe(),
            note=f"A server of PostgreSQL {plan.major_old} reads {plan.volume_old}'s copy in {self._volume}, that "
            f"is removed afterwards. It takes {size(self._needed)} of disk meanwhile; without them it is left out.",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Compare; what differs, or could not be compared, is noted: the stack serves, so it is no reason to stop.

        Raises:
            StepError: the service is not on its new volume.
        """
        world, clusters = self._world, self._world.host.clusters()
        there = world.container()
        if there is None or not world.is_new(there):
            raise StepError(f"{world.plan.service} is not on its new volume.", "Then resume, or roll back.")
        self._clear(ctx)
        free = clusters.database(there.id).free_bytes()
        if free is not None and free < self._needed:
            self._open(ctx, f"comparing every row needs {size(self._needed)} of disk, and {size(free)} is free")
            return
        try:
            new, held = self._new(ctx, there.id)
            old = self._old(ctx, there.id)
        except HostError as error:
            self._open(ctx, error.message.rstrip("."))
        else:
            self._say(ctx, compare_rows(old, new, at_the_switch=held))
        self._clear(ctx)

    def undo(self, ctx: StepContext) -> None:
        """Remove what reads the old rows."""
        self._clear(ctx)

    def undone(self, ctx: StepContext) -> Probe:
        """Whether it is gone."""
        return Probe.HALF_DONE if self._world.host.clusters().volume_there(self._volume) else Probe.DONE

    @property
    def _needed(self) -> int:
        return int(self._world.plan.total_bytes * _SPARE) + (64 << 20)

    def _new(self, ctx: StepContext, container: str) -> tuple[Rows, bool]:
        """The new server's rows, and whether they are those of the switch."""
        ctx.say("reading every row of the new server, as of the switch")
        if (held := self._holder.rows) is not None:
            self._holder.rows = None
            try:
                return self._read(ctx, held), True
            except HostError as error:
                ctx.say(f"what was held of the new server is lost: {printable(error.message)}")
        return self._read(ctx, self._world.host.clusters().hold(container)), False

    def _old(self, ctx: StepContext, like: str) -> Rows:
        """The old server's rows, from a copy of its volume."""
        plan, clusters = self._world.plan, self._world.host.clusters()
        ctx.say(f"reading every row of a copy of {plan.volume_old}")
        with ctx.effect("copy"):
            clusters.copy_volume(
                plan.volume_old, self._volume, image=plan.image_old_id, project=plan.project, key=plan.key
            )
        order = ServerOrder(
            self._volume, plan.project, plan.image_old_id, self._volume, plan.mount_old, like, settings=FOR_READING
        )
        with ctx.effect("serve"):
            clusters.serve(order)
        return self._read(ctx, clusters.hold(self._volume))

    @staticmethod
    def _read(ctx: StepContext, held: HeldRows) -> Rows:
        try:
            return held.sums(lambda done, total: ctx.progress(done, total, "tables"))
        finally:
            held.release()

    def _clear(self, ctx: StepContext) -> None:
        clusters = self._world.host.clusters()
        with ctx.effect("clear"):
            clusters.end(self._volume)
            clusters.drop_volume(self._volume)

    def _say(self, ctx: StepContext, found: Comparison) -> None:
        ctx.note(**{WRONG: list(found.sentences), OPEN: found.unknown, "rows": found.rows, "tables": found.tables})
        ctx.say(f"equal: {found.tables} tables with {found.rows:,} rows and large objects, by checksum")
        for sentence in (*found.sentences, *filter(None, [found.unknown])):
            ctx.say(sentence)

    @staticmethod
    def _open(ctx: StepContext, why: str) -> None:
        sentence = f"Not every row was compared with the old server's: {printable(why, limit=300)}."
        ctx.note(**{WRONG: [], OPEN: sentence})
        ctx.say(sentence)

"""The way by a cold copy: the stopped server's files are copied, and pg_upgrade works on the copy.

pg_upgrade starts the old server, and `--link` and `--swap` make one cluster of two: neither is done to the only data.
So the old volume is mounted read only and its files are copied, as `pg_upgrade --copy` would copy them, but most of
them while the old server serves: once it is stopped, what was written to since is copied again. The copy is then
linked. It carries unlogged tables, needs no right to replicate, and costs the time of that second copy.
"""

from dataclasses import replace

from avnwizard.domain.postgres import copy_commands as commands
from avnwizard.domain.postgres.copy_commands import CopyOrder
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.flows.postgres.copying import UpgradeCopy, empty_volume
from avnwizard.flows.postgres.preparing import Rehearse
from avnwizard.flows.postgres.world import World
from avnwizard.planned import PlannedStep, StepKind

_COPY_BYTES_S = 150_000_000
_WRITTEN_SHARE = 0.1
"""Of all data: so much may have been written to since the first copy, at a guess."""


class RehearseCold(Rehearse):
    """Try every schema by the new server's pg_dump alone: pg_upgrade uses no other."""

    clients = ("target",)


class PrepareCold(Step):
    """Put the old programs, an empty cluster and a first copy into the new volume, while the old server serves."""

    name = "prepare"
    kind = StepKind.RESTORE
    undone_by = (StepKind.RESTORE,)  # the rehearsal's undo removes the volume

    def __init__(self, world: World) -> None:
        self._world = world
        self.title = f"Prepare the new volume for pg_upgrade to PostgreSQL {world.plan.major_new}"
        self.guess_s = 8.0 + world.plan.total_bytes / _COPY_BYTES_S

    def probe(self, ctx: StepContext) -> Probe:
        """Prepared again from the start."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Prepare."""
        prepare(ctx, self._world)


class UpgradeCold(UpgradeCopy):
    """Stop the old server, copy its files, and make the copy a server of the new major."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.title = f"Stop the old server, copy its files, and upgrade the copy to PostgreSQL {world.plan.major_new}"
        self.guess_s = 8.0 + _WRITTEN_SHARE * world.plan.total_bytes / _COPY_BYTES_S

    def describe(self) -> PlannedStep:
        """What is copied, and what runs on the copy."""
        plan = self._world.plan
        return replace(
            super().describe(),
            note=f"What was written to {plan.volume_old}, mounted read only, since its files were copied into "
            f"{plan.volume_new} is copied again; then pg_upgrade --link, in {commands.PLACE} of a helper container "
            "that has nothing but the new volume.",
        )

    def _again(self, ctx: StepContext) -> None:
        prepare(ctx, self._world)

    def _upgraded(self, order: CopyOrder) -> tuple[str, ...]:
        return self._world.host.clusters().upgrade_cold(order)


def prepare(ctx: StepContext, world: World) -> None:
    """An empty new volume, with all that pg_upgrade needs."""
    order = empty_volume(ctx, world)
    with ctx.effect("prepare"):
        world.host.clusters().prepare_cold(order)
    world.host.clusters().checkpoint(order.server.like)
    ctx.say("the new volume is prepared")

"""The switch: the stack's Postgres on the new image and volume, by an edit of the compose file; and back."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from avnwizard.domain import commands
from avnwizard.domain.host import Container
from avnwizard.domain.plain import printable
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.postgres.addresses import kept, noted
from avnwizard.flows.postgres.moving import PROVE, WRITES
from avnwizard.flows.postgres.preparing import SERVED, SWITCH
from avnwizard.flows.postgres.returning import UNDO_RESERVE
from avnwizard.flows.postgres.world import AFTER, BEFORE, World
from avnwizard.flows.stack.kept_images import keep_name
from avnwizard.planned import PlannedStep, StepKind

_POLL_S = 0.05
_STOP_GRACE_S = 120.0


class Switch(Step):
    """Stop the old server, write image, mount and volume into the compose file, and bring the service up.

    The old server stays stopped from before the file changes, so a reboot in between starts at most one of the two.
    """

    name = SWITCH
    kind = StepKind.OTHER
    guess_s = 8.0

    def __init__(self, world: World) -> None:
        self._world = world
        self.service = world.plan.service
        self.title = f"Switch {world.plan.service} to PostgreSQL {world.plan.major_new}"

    def describe(self) -> PlannedStep:
        """The edit and the command."""
        plan = self._world.plan
        return replace(
            super().describe(),
            commands=(commands.compose_up(self._world.host.stack.project, plan.service),),
            note=f"{plan.compose_file}: {plan.image_old} becomes {plan.image_new}, mounted at {plan.mount_new}, on "
            f"the volume {plan.volume_new}. The old volume {plan.volume_old} stays as it is.",
            going_back="the old server is back on the old volume within seconds; what was written since stays behind",
            interrupts="the database is away",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when the service serves from the new image and volume, as the file says."""
        there = self._world.container()
        served = there is not None and self._world.is_new(there) and there.is_serving
        return Probe.DONE if served and self._file_is(AFTER) else Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Switch.

        Raises:
            StepError: the old server was written to since the proof, or the new one does not serve.
        """
        world, plan = self._world, self._world.plan
        stack, there = world.host.stack, world.container()
        if there is not None and world.is_old(there):
            with ctx.effect("keep"):
                stack.keep(plan.image_old_id, keep_name(ctx.run, plan.service))
            if there.state == "running":
                world.require_alone(there)
                world.require_unwritten(ctx.recall(PROVE).get(WRITES, {}), there)
            with ThreadPoolExecutor(1) as pool:  # the two have nothing to do with each other
                ended = pool.submit(world.end_server, there)
                with ctx.effect("stop-old"):
                    stack.stop(there.id, grace_s=_STOP_GRACE_S)
                with ctx.effect("end"):
                    ended.result()
            self._require_clean(there)
        with ctx.effect("files"):
            self._write(AFTER, BEFORE)
        ctx.note(**{SERVED: True})
        with kept(ctx, world, noted(ctx)), ctx.effect("up"):
            stack.up(plan.service)
        new = self._wait(new=True)
        facts = world.host.clusters().database(new.id).server()
        if facts.major != plan.major_new:
            raise StepError(f"{plan.service} runs PostgreSQL {facts.version}, not {plan.major_new}.", "Roll back.")
        ctx.say(f"{printable(plan.service, limit=63)} serves as PostgreSQL {facts.version} on {plan.volume_new}")

    def undo(self, ctx: StepContext) -> None:
        """The old file, then the old server on the old volume."""
        world, plan, stack = self._world, self._world.plan, self._world.host.stack
        if not world.host.clusters().volume_there(plan.volume_old):
            raise StepError(
                f"The old volume {printable(plan.volume_old)} is gone: the old server would start empty. "
                "Nothing was changed.",
                f"The snapshot {printable(str(plan.snapshot.folder))} holds the data as it was before the upgrade.",
            )
        there = world.container()
        if there is not None and world.is_new(there) and there.state == "running":
            if written := ctx.recall(UNDO_RESERVE).get(WRITES):
                world.require_alone(there, "new")
                world.require_unwritten(written, there, "new")
            with ctx.effect("stop-new"):
                stack.stop(there.id, grace_s=_STOP_GRACE_S)
        with ctx.effect("files-back"):
            self._write(BEFORE, AFTER)
        known = stack.image(plan.image_old)
        if known is None or known.id != plan.image_old_id:
            with ctx.effect("image-back"):
                stack.retag(plan.image_old_id, plan.image_old)
        with ctx.effect("release"):  # its own name keeps the image again
            stack.release(keep_name(ctx.source, plan.service))
        with kept(ctx, world, noted(ctx)), ctx.effect("up-back"):
            stack.up(plan.service)
        self._wait(new=False)
        ctx.say(f"{printable(plan.service, limit=63)} serves as PostgreSQL {plan.version_old} on {plan.volume_old}")

    def undone(self, ctx: StepContext) -> Probe:
        """Whether the old server serves, as the file says."""
        there = self._world.container()
        served = there is not None and self._world.is_old(there) and there.is_serving
        return Probe.DONE if served and self._file_is(BEFORE) else Probe.HALF_DONE

    def _file_is(self, which: str) -> bool:
        return self._now() == self._world.folder.contents(which)[self._world.plan.compose_file]

    def _now(self) -> bytes:
        return self._world.host.files.read(self._world.host.repo.directory / self._world.plan.compose_file)

    def _write(self, wanted: str, known: str) -> None:
        """Write the compose file, where it is as this run knows it; edits of other files stay as they are."""
        if self._file_is(wanted):
            return
        world, path = self._world, self._world.plan.compose_file
        if not self._file_is(known):
            raise StepError(
                f"{path} was edited since the plan was made; it was not touched.",
                "Take your edit back, resume, and edit it again afterwards.",
            )
        repo = world.host.repo
        top, head = repo.directory, repo.head()
        edited = {
            one: world.host.files.read(top / one) if (top / one).is_file() else None for one in repo.state().edited
        }
        contents = {**edited, path: world.folder.contents(wanted)[path]}
        repo.checkout(head.commit, branch=head.branch, contents=contents)

    def _require_clean(self, old: Container) -> None:
        now = self._world.container()
        if now is None or now.id != old.id or now.state != "exited":
            raise StepError(f"{printable(old.name)} was stopped and is not.", "Look who starts it, then resume.")
        if now.exit_code != 0:
            raise StepError(
                f"The old server did not shut down cleanly (exit code {now.exit_code}).",
                f"Look at: docker compose logs {printable(self._world.plan.service, limit=63)}. Then roll back.",
            )

    def _wait(self, *, new: bool) -> Container:
        """Until the wanted server serves: it says so itself, seconds before its health check is due.

        Raises:
            StepError: it does not in time, or it is not the wanted one.
        """
        world, host = self._world, self._world.host
        deadline = host.clock.now() + world.plan.healthy_s
        while True:
            there = world.container()
            ours = there is not None and (world.is_new(there) if new else world.is_old(there))
            if there is not None and ours and (there.is_serving or host.clusters().answers(there.id)):
                return there
            if host.clock.now() >= deadline:
                what = "is not on the image and volume of the plan" if not ours else "does not get healthy"
                shown = printable(world.plan.service, limit=63)
                look = f"Look at: docker compose logs {shown}. Then resume, or roll back."
                raise StepError(f"{shown} {what}.", look)
            host.clock.sleep(_POLL_S)

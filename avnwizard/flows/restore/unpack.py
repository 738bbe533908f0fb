"""Unpack an archived volume over the live one."""

from collections.abc import Sequence
from pathlib import Path

from avnwizard.domain.snapshot import ArchivedVolume
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot.volume_places import require_there
from avnwizard.planned import StepKind

_STOP_GRACE_S = 30.0


class UnpackVolume(Step):
    """Unpack an archived volume over the live one, its service stopped meanwhile; what it was is archived first."""

    kind = StepKind.DATA

    def __init__(self, host: Host, folder: Path, volume: ArchivedVolume) -> None:
        self._host, self._folder, self._volume = host, folder, volume
        self.name = f"volume:{volume.volume}"
        self.title = f"Unpack the volume {volume.volume}"

    def probe(self, ctx: StepContext) -> Probe:
        """Unpacking again is harmless."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Stop, keep what is there, unpack, start."""
        kept = self._kept(ctx.run)
        self._exchange(ctx, self._folder / self._volume.archive.file, keep_as=kept)
        name = self._volume.volume
        ctx.say(f"{name} has the snapshot's files; files that only it had stay; what it was is in {kept}")

    def undo(self, ctx: StepContext) -> None:
        """Unpack what was there before; where nothing was archived, nothing was unpacked yet."""
        kept = self._kept(ctx.source)
        if self._host.files.exists(kept):
            self._exchange(ctx, kept)
            ctx.say(
                f"{self._volume.volume} has the files that it had before the restore; files that came with it stay"
            )
        else:
            self._start(ctx, ctx.recall(self.name).get("running", []))

    def undone(self, ctx: StepContext) -> Probe:
        """Unpacking again is harmless."""
        return Probe.HALF_DONE

    def _kept(self, run: str) -> Path:
        return self._host.state.folder / "kept-volumes" / f"{run}-{self._volume.volume}.tar"

    def _exchange(self, ctx: StepContext, archive: Path, *, keep_as: Path | None = None) -> None:
        stack, one = self._host.stack, self._volume
        containers = stack.containers(one.service)
        if not containers:
            raise HostError(
                f"{one.service} has no container to unpack {one.volume} into.", "Create it: docker compose up"
            )
        require_there(containers[0], self._host.stack.resolve(), one.volume, one.path)
        before = ctx.recall(self.name) | ctx.recall()
        running = [each.id for each in containers if each.state == "running" or each.id in before.get("running", [])]
        ctx.note(running=running)
        with ctx.effect("stop"):
            stack.stop(*running, grace_s=_STOP_GRACE_S)
        if keep_as and not self._host.files.exists(keep_as):
            self._keep(ctx, containers[0].id, keep_as, running)
        with ctx.effect("unpack"):
            stack.unarchive(archive, containers[0].id, one.path, lambda d, t: ctx.progress(d, t, "bytes"))
        self._start(ctx, running)

    def _keep(self, ctx: StepContext, container_id: str, kept: Path, running: Sequence[str]) -> None:
        """Archive what is there; where that fails, nothing was unpacked yet and the service serves again."""
        self._host.files.make(kept.parent)
        try:
            with ctx.effect("keep"):
                self._host.stack.archive(
                    container_id, self._volume.path, kept, lambda done, total: ctx.progress(done, total, "bytes")
                )
        except HostError:
            self._start(ctx, running)
            raise

    def _start(self, ctx: StepContext, containers: Sequence[str]) -> None:
        there = {one.id for one in self._host.stack.containers(self._volume.service)}
        for container_id in [one for one in containers if one in there]:
            with ctx.effect("start"):
                self._host.stack.start(container_id)

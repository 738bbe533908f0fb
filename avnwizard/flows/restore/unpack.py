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
    undone_by = (StepKind.DATA,)  # by hand, from the archive of what was there

    def __init__(self, host: Host, folder: Path, volume: ArchivedVolume) -> None:
        self._host, self._folder, self._volume = host, folder, volume
        self.name = f"volume:{volume.volume}"
        self.title = f"Unpack the volume {volume.volume}"

    def probe(self, ctx: StepContext) -> Probe:
        """Unpacking again is harmless."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Stop, keep what is there, unpack, start."""
        stack, one = self._host.stack, self._volume
        containers = stack.containers(one.service)
        if not containers:
            raise HostError(
                f"{one.service} has no container to unpack {one.volume} into.", "Create it: docker compose up"
            )
        require_there(containers[0], self._host.stack.resolve(), one.volume, one.path)
        kept = self._host.state.folder / "kept-volumes" / f"{ctx.run}-{one.volume}.tar"
        before = ctx.recall().get("running", [])
        running = [each.id for each in containers if each.state == "running" or each.id in before]
        ctx.note(running=running)
        with ctx.effect("stop"):
            stack.stop(*running, grace_s=_STOP_GRACE_S)
        if not self._host.files.exists(kept):
            self._keep(ctx, containers[0].id, kept, running)
        with ctx.effect("unpack"):
            archive = self._folder / one.archive.file
            stack.unarchive(archive, containers[0].id, one.path, lambda d, t: ctx.progress(d, t, "bytes"))
        self._start(ctx, running)
        ctx.say(f"{one.volume} has the snapshot's files; files that only it had stay; what it was is in {kept}")

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
        for container_id in containers:
            with ctx.effect("start"):
                self._host.stack.start(container_id)

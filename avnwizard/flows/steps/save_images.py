"""Save the images that run now where no registry can be counted on to give them again."""

from dataclasses import replace
from pathlib import Path

from avnwizard.domain import image_commands
from avnwizard.domain.words import count, size
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.stack.kept_images import IMAGES, SAVE, ran_before
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.planned import PlannedStep, StepKind

_BYTES_PER_S = 50e6


class SaveImages(Step):
    """One file in the run's folder; a rollback loads it where an image is gone from this host."""

    name = SAVE
    title = "Save the images that run now"
    kind = StepKind.SAVE
    undone_by = ()  # it stays until the upgrade is accepted

    def __init__(self, scene: StepInputs) -> None:
        self._scene = scene
        self.guess_s = 5.0 + sum(one.size_bytes for one in scene.plan.saved) / _BYTES_PER_S

    def describe(self) -> PlannedStep:
        """Which images, how large, and why."""
        saved = self._scene.plan.saved
        listed = "; ".join(f"{one.service}: {one.why}" for one in saved)
        return replace(
            super().describe(),
            commands=(image_commands.save(sorted({one.image_id for one in saved})),),
            note=f"{count(len(saved), 'image')}, at most {size(sum(one.size_bytes for one in saved))}, into the "
            f"run's folder, so that pruning takes no way back. {listed}.",
            going_back="nothing to undo; a rollback loads what is gone",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when the file was written whole."""
        return Probe.DONE if ctx.recall().get("sha256") else Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Write what ran before the run, by id.

        Raises:
            HostError: it cannot be written; nothing that serves was changed.
        """
        host, pulled = self._scene.host, ctx.recall("pull")
        ids = {one.service: ran_before(pulled, one.service) or one.image_id for one in self._scene.plan.saved}
        to = self.file(self._scene.folder.path)
        host.files.remove(to)  # of a run that was killed
        needed, free = sum(one.size_bytes for one in self._scene.plan.saved), host.files.free_bytes(to.parent)
        if needed > free:
            raise StepError(
                f"To save the images that run now needs {size(needed)}, and {size(free)} is free in {to.parent}.",
                'Make room and resume; or roll back, and set [snapshot] images = "never" in avnwizard.toml.',
            )
        with ctx.effect("save"):
            written = host.stack.image_archive.save(
                sorted(set(ids.values())), to, lambda done, _: ctx.progress(done, needed, "bytes")
            )
        ctx.note(saved=ids, sha256=written.sha256, bytes=written.size_bytes)
        ctx.say(f"saved {count(len(set(ids.values())), 'image')}: {size(written.size_bytes)}")

    @staticmethod
    def file(folder: Path) -> Path:
        """Where they are, in a run's folder."""
        return folder / IMAGES

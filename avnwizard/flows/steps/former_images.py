"""On the way back: images that were pruned are pulled again, and names are lent to the images that ran."""

from collections.abc import Sequence
from pathlib import Path

from avnwizard.domain.references import is_tag
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.roll.rolling import Wanted
from avnwizard.flows.stack.former_images import Gone
from avnwizard.flows.stack.kept_images import IMAGES, SAVE, named_before
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.images import put_back
from avnwizard.planned import StepKind


class FetchImages(Step):
    """Load or pull, by digest, the images that ran before and are gone from this host; the stack is not touched."""

    name = "fetch"
    title = "Fetch the images that ran before"
    kind = StepKind.PULL
    undone_by = ()

    def __init__(self, host: Host, gone: Sequence[Gone], folder: Path) -> None:
        self._host, self._gone, self._folder = host, gone, folder

    def probe(self, ctx: StepContext) -> Probe:
        """Done when all of them are here."""
        return Probe.DONE if all(map(self._is_here, self._gone)) else Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Those that were saved from their file, then the others one after another."""
        if any(one.saved and not self._is_here(one) for one in self._gone):
            self._load(ctx)
        for number, one in enumerate(self._gone):
            ctx.checkpoint()
            ctx.progress(number, len(self._gone), "images")
            if self._is_here(one):
                continue
            try:
                with ctx.effect(f"fetch-{number}"):
                    self._host.stack.pull(one.source, lambda _line: None)
            except HostError as error:
                raise StepError(
                    f"{one.source}, which {one.service} ran before, could not be pulled: {error.message} Nothing was "
                    "changed.",
                    "Load the image (docker load) or make its registry answer, then resume.",
                ) from error
            if not self._is_here(one):
                raise StepError(
                    f"{one.source} was pulled, and is not the image that {one.service} ran before "
                    f"({one.image_id[:19]}). Nothing was changed.",
                    "Load that image (docker load), then resume.",
                )
            ctx.say(f"{one.service}: {one.image_id[:19]} is here again")

    def _load(self, ctx: StepContext) -> None:
        file = self._folder / IMAGES
        found = self._host.files.measure(file).sha256 if self._host.files.exists(file) else ""
        if found != ctx.recall(SAVE).get("sha256"):
            raise StepError(
                f"{file}, to which the images that ran before were saved, is damaged or gone. Nothing was changed.",
                "Bring it back, or load the images (docker load), then resume.",
            )
        with ctx.effect("load"):
            self._host.stack.image_archive.load(file, lambda done, total: ctx.progress(done, total, "bytes"))

    def _is_here(self, one: Gone) -> bool:
        """By the id that ran; one that the files name by its digest under that name too."""
        stack = self._host.stack
        if one.named:
            found = stack.image(one.source)
            return found is not None and found.id == one.image_id
        return stack.image(one.image_id) is not None


class ReturnNames(Step):
    """Let the names that were lent to the images that ran name what they named before the undone run."""

    name = "names"
    title = "Let image names mean what they meant before"
    kind = StepKind.PULL
    undone_by = ()

    def __init__(self, scene: StepInputs, names: Sequence[str]) -> None:
        self._scene, self._names = scene, names

    def probe(self, ctx: StepContext) -> Probe:
        """Doing it again is harmless."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """The containers keep their images, which they know by id."""
        stack = self._scene.host.stack
        before = named_before(ctx.recall("pull")) or {}
        put_back(ctx, stack, {name: before.get(name, "") for name in self._names})
        for name in self._names:
            if not before.get(name) and stack.image(name):
                try:
                    with ctx.effect("release"):
                        stack.release(name)
                except HostError as error:
                    ctx.say(f"{name} goes on naming the image that runs: {error.message}")


def lend_name(ctx: StepContext, host: Host, want: Wanted) -> None:
    """Let the name that the files give to a service's image name the one that it shall run, before Compose looks.

    Raises:
        StepError: the image is gone, or the files pin another by its digest.
    """
    service, name = want.service.name, want.service.image
    here = host.stack.image(name)
    if not want.image_id or (here and here.id == want.image_id):
        return
    if not is_tag(name) or host.stack.image(want.image_id) is None:
        raise StepError(
            f"The image that {service} ran before ({want.image_id[:19]}) cannot be started under the name {name}.",
            "Load or pull it, then resume.",
        )
    with ctx.effect("lend-name"):
        host.stack.retag(want.image_id, name)
    ctx.say(f"{name} names {want.image_id[:19]}, which {service} ran before")

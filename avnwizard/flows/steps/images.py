"""Pull every image before anything is touched, pin what came, and keep what runs now from being pruned."""

from collections.abc import Mapping
from typing import Any

from avnwizard.domain.plan import Plan
from avnwizard.engine.step import Probe, Step, StepContext, UndoCost
from avnwizard.errors import StepError
from avnwizard.flows.same_major import require_same_major
from avnwizard.flows.steps.scene import Scene


def keep_name(run: str, service: str) -> str:
    """The tag under which an old image is kept from pruning."""
    return f"avnwizard-kept/{service.lower()}:{run}"


def pinned(facts: Mapping[str, Any], reference: str) -> str:
    """The id of the image that was pulled for a reference."""
    return str(facts["images"][reference])


def ran_before(facts: Mapping[str, Any], service: str) -> str:
    """The id of the image that a service ran before the run; "" where it did not run, or the pull never began."""
    return str(facts.get("running", {}).get(service, ""))


def references(plan: Plan) -> dict[str, str]:
    """Image reference -> planned digest ("" where unknown), for every service."""
    return {service.image_new: service.digest for service in plan.services if service.image_new}


class PullImages(Step):
    """Pull; the tags are mutable, so what was pulled is what runs, by id."""

    name = "pull"
    title = "Pull every image"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def probe(self, ctx: StepContext) -> Probe:
        """Pulling again is harmless and settles a moved tag."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Keep the running images, then pull the new ones, one after another."""
        stack = self._scene.host.stack
        self._keep_running(ctx)
        wanted = references(self._scene.plan)
        pulled: dict[str, str] = {}
        for number, (reference, digest) in enumerate(sorted(wanted.items())):
            ctx.checkpoint()
            ctx.progress(number, len(wanted), "images")
            with ctx.effect(f"pull-{number}"):
                image = stack.pull(reference, lambda _line: None)
            ctx.say(f"{reference} is {image.id[:19]}")
            if digest and image.digest and image.digest != digest:
                raise StepError(
                    f"{reference} is {image.digest} now, "
                    f"the plan was made with {digest}. Nothing that serves was changed.",
                    "Somebody moved the tag: roll back, look at the release, and plan again.",
                )
            require_same_major(self._scene.host, self._scene.plan, image, ctx.recall().get("running", {}))
            pulled[reference] = image.id
        ctx.note(images=pulled)
        ctx.progress(len(wanted), len(wanted), "images")

    def _keep_running(self, ctx: StepContext) -> None:
        if "running" in ctx.recall():
            return
        stack = self._scene.host.stack
        running = {c.service: c.image_id for c in stack.containers() if not c.one_off}
        for service, image_id in sorted(running.items()):
            with ctx.effect(f"keep-{service}"):
                stack.keep(image_id, keep_name(ctx.run, service))
        ctx.note(running=running)

    def undo(self, ctx: StepContext) -> None:
        """Make every tag of the old release name the image that ran, without a registry."""
        running = ctx.recall("pull").get("running", {})
        old = {service.service: service.image_old for service in self._scene.plan.services if service.image_old}
        for service, image_id in sorted(running.items()):
            reference = old.get(service, "")
            here = self._scene.host.stack.image(reference) if reference else None
            if reference and (here is None or here.id != image_id):
                with ctx.effect(f"retag-{service}"):
                    self._scene.host.stack.retag(image_id, reference)

    def undone(self, ctx: StepContext) -> Probe:
        """Doing it again is harmless."""
        return Probe.HALF_DONE

    def undo_cost(self, ctx: StepContext) -> UndoCost:
        """Nothing."""
        return UndoCost(words="the old images are kept on this host; no registry is needed")

"""Pull every image before anything is touched, pin what came, and keep what runs now, noting where it came from."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from avnwizard.domain import commands, image_commands
from avnwizard.domain.host import Image
from avnwizard.domain.plan import Plan
from avnwizard.domain.references import by_digest, is_known_as, is_tag, repository_of
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.safety.hazards import require_safe_still
from avnwizard.flows.safety.image_signatures import require_signed
from avnwizard.flows.stack.kept_images import keep_name, named_before
from avnwizard.flows.stack.same_major import require_same_major
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.planned import PlannedStep, StepKind
from avnwizard.ports import Stack

_AT_ONCE = 3
"""The number of layers that the engine fetches at once by default."""


def references(plan: Plan) -> dict[str, str]:
    """Image reference -> planned digest ("" where unknown), for every service whose image is pulled."""
    return {service.image_new: service.digest for service in plan.services if service.image_new and service.pulled}


def built(plan: Plan) -> dict[str, str]:
    """Image reference -> the service that it is built by, for what is built from the release's sources."""
    return {part.image_new: part.service for part in reversed(plan.services) if part.built and part.image_new}


def unpulled(plan: Plan) -> list[str]:
    """The references of the images that are taken as they are here."""
    named = {service.image_new for service in plan.services if service.image_new and not service.pulled}
    return sorted(named - references(plan).keys() - built(plan).keys())


class PullImages(Step):
    """Pull; the tags are mutable, so what was pulled is what runs, by id."""

    name = "pull"
    title = "Pull every image"
    kind = StepKind.PULL
    guess_s = 300.0

    def __init__(self, scene: StepInputs) -> None:
        self._scene = scene

    def describe(self) -> PlannedStep:
        """One pull for each image, and one look at its signature where the plan wants one."""
        wanted, rule = references(self._scene.plan), self._scene.plan.image_rule
        named = [by_digest(each, wanted[each]) for each in rule.wanted(sorted(wanted))]
        verified = [rule.command(each) for each in named]
        return replace(
            super().describe(),
            commands=(
                *(commands.docker_pull(image) for image in sorted(wanted)),
                *verified,
                *(image_commands.build(self._scene.plan.project, one) for one in built(self._scene.plan).values()),
            ),
            note="What is pulled is what runs, by image id. The images that run now are kept under a tag each, which "
            "`docker image prune` spares; `prune -a` does not, and a rollback then pulls them from their registry.",
            going_back="nothing to undo; the old images are kept",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Pulling again is harmless and settles a moved tag."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Keep the running images, then pull the new ones."""
        stack = self._scene.host.stack
        self._keep_running(ctx)
        wanted = references(self._scene.plan)
        pulled: dict[str, str] = {}
        ctx.progress(0, len(wanted), "images")
        for number, (reference, image) in enumerate(self._each_pulled(ctx, sorted(wanted)), start=1):
            digest = wanted[reference]
            ctx.progress(number, len(wanted), "images")
            ctx.say(f"{reference} is {image.id[:19]}")
            if digest and image.digest and not is_known_as(digest, image.digest, image.sources):
                raise StepError(
                    f"{reference} is {image.digest} now, "
                    f"the plan was made with {digest}. Nothing that serves was changed.",
                    "Somebody moved the tag: roll back, look at the release, and plan again.",
                )
            self._require_signed(reference, replace(image, digest=digest or image.digest))
            require_same_major(self._scene.host, self._scene.plan, image, ctx.recall().get("running", {}))
            pulled[reference] = image.id
        for number, (reference, service) in enumerate(built(self._scene.plan).items()):
            ctx.checkpoint()
            ctx.say(f"building {reference}")
            with ctx.effect(f"build-{number}"):
                pulled[reference] = stack.build(service, ctx.say).id
        for reference in unpulled(self._scene.plan):
            pulled[reference] = _here(stack, reference).id
        require_safe_still(ctx, self._scene.host, self._scene.plan)
        ctx.note(images=pulled)
        ctx.progress(len(wanted), len(wanted), "images")

    def _each_pulled(self, ctx: StepContext, wanted: Sequence[str]) -> Iterator[tuple[str, Image]]:
        """Each image in this order, a few under way; where one cannot be had, no further one begins."""

        def pull(number: int, reference: str) -> Image:
            with ctx.effect(f"pull-{number}"):
                return self._scene.host.stack.pull(reference, lambda _line: None)

        left, begun = deque(enumerate(wanted)), deque[tuple[str, Future[Image]]]()
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pull") as pool:
            while left or begun:
                while left and len(begun) < _AT_ONCE:
                    ctx.checkpoint()
                    number, reference = left.popleft()
                    begun.append((reference, pool.submit(pull, number, reference)))
                reference, pulled = begun.popleft()
                yield reference, pulled.result()

    def _require_signed(self, reference: str, image: Image) -> None:
        """What came is what has to be signed: the registry may have moved the tag since the plan."""
        rule = self._scene.plan.image_rule
        if rule.wanted([reference]) and not image.digest:
            raise StepError(
                f"{reference} came without a digest, so that its signature cannot be verified. Nothing that serves "
                "was changed.",
                "Does the registry that the compose file names keep it?",
            )
        require_signed(self._scene.host, rule, {reference: image.digest})

    def _keep_running(self, ctx: StepContext) -> None:
        if "running" in ctx.recall():
            return
        stack = self._scene.host.stack
        running = {c.service: c.image_id for c in stack.containers() if not c.one_off}

        def keep(service: str) -> None:
            with ctx.effect(f"keep-{service}"):
                stack.keep(running[service], keep_name(ctx.run, service))

        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="keep") as pool:
            list(pool.map(keep, sorted(running)))
        parts = self._scene.plan.services
        tags = {tag for one in parts for tag in (one.image_old, one.image_pinned, one.image_new) if is_tag(tag)}
        here = stack.images([*tags, *running.values()])
        old = {one.service: one.image_old for one in parts}
        sources = {
            service: _nearest(here[image_id].sources, old.get(service, ""))
            for service, image_id in running.items()
            if image_id in here
        }
        ctx.note(
            running=running, sources=sources, tags={tag: here[tag].id if tag in here else "" for tag in sorted(tags)}
        )

    def undo(self, ctx: StepContext) -> None:
        """Let every tag name the image that it named before the pull, without a registry."""
        facts = ctx.recall("pull")
        tags = named_before(facts)
        if tags is None:
            running = facts.get("running", {})
            old = {one.service: one.image_old for one in self._scene.plan.services if is_tag(one.image_old)}
            tags = {old[service]: image_id for service, image_id in running.items() if service in old}
        put_back(ctx, self._scene.host.stack, tags)

    def undone(self, ctx: StepContext) -> Probe:
        """Doing it again is harmless."""
        return Probe.HALF_DONE


def put_back(ctx: StepContext, stack: Stack, tags: Mapping[str, str]) -> None:
    """Let tags name the images again that they named; one whose image is gone, or that named none, is left."""
    for number, (tag, image_id) in enumerate(sorted(tags.items())):
        here = stack.image(tag)
        if image_id and (here is None or here.id != image_id) and stack.image(image_id):
            with ctx.effect(f"retag-{number}"):
                stack.retag(image_id, tag)


def _here(stack: Stack, reference: str) -> Image:
    image = stack.image(reference)
    if image is None:
        raise StepError(
            f"{reference} is not on this host any more, and it is not pulled. Nothing that serves was changed.",
            "Build or load it again and resume; or roll back.",
        )
    return image


def _nearest(sources: Iterable[str], reference: str) -> str:
    """The source of the reference's own repository, else any."""
    found = sorted(sources, key=lambda one: repository_of(one) != repository_of(reference))
    return found[0] if found else ""

"""Look that the stack is what the plan promised."""

import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from avnwizard.domain import commands
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.domain.probing import LOST, words
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.edge.baseline import wait_for_all
from avnwizard.flows.edge.memory import load
from avnwizard.flows.roll import handover, identity, rolling
from avnwizard.flows.roll.conformity import Stranger, returned, strangers
from avnwizard.flows.stack.image_notes import none_changed
from avnwizard.flows.stack.kept_images import ran_before
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.stack.survey import ailing
from avnwizard.planned import PlannedStep, StepKind

_HOW = {"misrouted": "another router answers, or Traefik's own 404", "refused": "the edge refuses the connection"}

_TURNED = {
    "400": "400, bad request",
    "401": "401, credentials are asked for",
    "403": "403, forbidden",
    "404": "404 of the service's own",
    "429": "429, too many requests",
    "4xx": "an error of the 4xx kind",
    "redirected": "a redirection",
    "let in": "an answer without credentials, which were asked for before",
    "degraded": "an answer that says that something is wrong",
}


class Verify(Step):
    """Checkout at the tag; every service serving, from its image and configuration; every one-shot succeeded."""

    name = "verify"
    kind = StepKind.CHECK
    undone_by = ()

    def __init__(
        self,
        scene: StepInputs,
        *,
        tag: str,
        commit: str,
        back: Collection[str] | None = None,
        borrowed: Collection[str] = (),
    ) -> None:
        """What to compare with.

        Args:
            back: in a rollback, the services that it brought back; they are compared with what ran before.
            borrowed: image names that are lent to what ran before.
        """
        self._scene, self._tag, self._commit = scene, tag, commit
        self._back, self._borrowed = back, borrowed
        self.title = f"Verify {tag}"

    def describe(self) -> PlannedStep:
        """What must hold."""
        edge = "" if self._scene.plan.probe.off else " Every route that answered before must answer through the edge."
        return replace(super().describe(), note=f"Every service must serve.{edge}", going_back="as above")

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Look."""
        host = self._scene.host
        head = host.repo.head()
        if head.commit != self._commit:
            raise StepError(f"The checkout is at {head.tag or head.commit[:12]}, not at {self._tag}.", "Then resume.")
        model = host.stack.resolve()
        deadline = host.clock.now() + self._scene.plan.healthy_s
        while (ill := ailing(model, host.stack.containers(), now=host.clock.now())) and host.clock.now() < deadline:
            host.clock.sleep(1.0)
        if ill:
            service, why = min(ill.items())
            raise StepError(
                f"{len(ill)} of {len(model.services)} services do not serve: {service} is {why}.",
                f"Look at: docker compose logs {service}. Then resume, or roll back.",
            )
        for service in sorted({one.service for one in host.edge.directors()}):
            ours = [one for one in rolling.of_service(host, service) if one.is_serving]
            handover.release_edge(ctx, host, service, ours)
        self._compare(ctx, model)
        ctx.say(f"all {len(model.services)} services of {self._tag} serve, as its files name them")
        upgraded = self._commit == self._scene.plan.target.commit
        if upgraded and none_changed(ctx.recall("pull").get("running", {}), host.stack.containers()):
            ctx.say("no service's image changed: each runs the one that it ran before")
        self._ask_the_edge(ctx)

    def _compare(self, ctx: StepContext, model: ComposeModel) -> None:
        """A service that serves may still be the previous one."""
        disputed = frozenset[str]().union(*(identity.disputed(ctx, name) for name in model.services))
        if other := list(self._strangers(ctx, model, disputed)):
            again = commands.compose_up(self._scene.plan.project, other[0].service)
            more = f" (and {len(other) - 1} more)" if len(other) > 1 else ""
            raise StepError(
                f"{other[0].service} is not what {self._tag} names: {other[0].how}{more}.",
                f"Bring it about by hand, then resume: {printable(shlex.join(again))}. Or roll back.",
            )

    def _strangers(self, ctx: StepContext, model: ComposeModel, disputed: frozenset[str]) -> Iterator[Stranger]:
        if self._back is None:
            return strangers(self._scene.host, model, disputed)
        ran = ctx.recall("pull")
        before = {name: ran_before(ran, name) for name in self._back}
        return returned(self._scene.host, model, before, self._borrowed, disputed)

    def _ask_the_edge(self, ctx: StepContext) -> None:
        """What users reached before they must reach again: a healthy container is not yet a routed one."""
        host, plan = self._scene.host, self._scene.plan
        memory = load(host.files, self._scene.folder.path)
        routes = memory.answering(plan.probe.routes) if memory else ()
        if memory is None or not routes:
            return
        found = wait_for_all(host, routes, memory.identities, limit_s=plan.healthy_s)
        if silent := {name: how for name, how in found.items() if how in LOST}:
            name, how = min(silent.items())
            url = next(route.url for route in routes if route.name == name)
            raise StepError(
                f"{len(silent)} of {len(routes)} routes do not answer through the edge, though every service is "
                f"healthy: {name} ({url}): {_HOW.get(how, how)}.",
                "Look at the router's labels and at Traefik's log. Then resume, or roll back.",
            )
        self._accept(ctx, found, {route.name: route.url for route in routes})
        ctx.say(f"all {len(routes)} routes answer through the edge")
        for note in words.alike({one.name: one.next for one in routes if memory.is_alike(one)}):
            ctx.say(note)

    def _accept(self, ctx: StepContext, turned: Mapping[str, str], urls: Mapping[str, str]) -> None:
        """Fail over answers that users did not get before, unless `[probe] changed` names the route.

        A 429 is only reported: the probe's own requests may have used up what the edge lets through.
        """
        accepted = self._scene.host.config.probe.changed
        for name, how in sorted(turned.items()):
            if how == "429" or name in accepted:
                why = "accepted in [probe] changed" if name in accepted else "the probe itself may be the cause"
                ctx.say(f"{printable(name, limit=60)} ({printable(urls[name], limit=120)}): {_TURNED[how]}; {why}")
        left = {name: how for name, how in turned.items() if how != "429" and name not in accepted}
        if left and self._commit == self._scene.plan.target.commit:
            name, how = min(left.items())
            more = f" (and {len(left) - 1} more)" if len(left) > 1 else ""
            raise StepError(
                f"Users get another answer than before: {printable(name, limit=60)} "
                f"({printable(urls[name], limit=120)}): {_TURNED[how]}{more}.",
                f"If the release means it, add {printable(name, limit=60)} to [probe] changed in avnwizard.toml and "
                "resume. Else roll back.",
            )

"""The upgrade itself: Helm's own, which waits for the pods, and puts the old revision back where they fail."""

from collections.abc import Sequence
from dataclasses import replace

from avnwizard.domain.kubernetes.manifest import KubeObject
from avnwizard.domain.kubernetes.orders import rollback_words, upgrade_words
from avnwizard.domain.kubernetes.release import serving
from avnwizard.domain.plain import printable
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.kubernetes.following import following
from avnwizard.flows.kubernetes.world import KubeWorld, rendered_hash
from avnwizard.planned import PlannedStep, StepKind

UPGRADE = "upgrade"


class UpgradeRelease(Step):
    """`helm upgrade`. Taken back, it is `helm rollback` to the revision that served, by number."""

    name = UPGRADE
    kind = StepKind.ROLL
    guess_s = 60.0

    def __init__(self, world: KubeWorld) -> None:
        self._world = world
        self.title = f"Upgrade the release {world.plan.place.release}: {world.plan.shown}"

    def describe(self) -> PlannedStep:
        """Helm's command, what runs as a hook, and what may be lost."""
        plan = self._world.plan
        command = upgrade_words(plan.place, plan.order, plan.tools, timeout_s=plan.timeout_s, mark=self._world.mark)
        lossy = [one.shown for one in plan.rolls if one.losses]
        back = rollback_words(plan.place, plan.revision, plan.tools, timeout_s=plan.timeout_s)
        return replace(
            super().describe(),
            commands=(command,),
            note="; ".join(plan.hooks),
            going_back=f"{' '.join(back)}. What a hook changed in a database stays.",
            interrupts=f"requests may be lost at {', '.join(lossy)}" if lossy else "",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when the run's own revision serves."""
        self._world.wait_for_helm(ctx)
        return Probe.DONE if self._world.standing()[0] == "ours" else Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Cure what a killed Helm left, then upgrade.

        Raises:
            StepError: somebody else deployed, the chart changed, or the new pods did not come up.
        """
        world, plan = self._world, self._world.plan
        world.wait_for_helm(ctx)
        state, history = world.standing()
        world.refuse_foreign(state, history)
        if state == "ours":
            return
        if state in {"pending", "failed"}:
            ctx.say(
                f"revision {history[-1].number} is {printable(history[-1].status)}; back to {plan.revision} first"
            )
            with ctx.effect("cure"):
                world.cluster.rollback(plan.revision, timeout_s=plan.timeout_s, say=ctx.say)
        objects = world.render()
        if rendered_hash(objects) != plan.rendered:
            raise StepError(
                "The chart, a values file or what the chart reads in the cluster changed since the plan was made. "
                "Nothing was upgraded.",
                "Roll back, and plan again.",
            )
        self._upgrade(ctx, objects)

    def _upgrade(self, ctx: StepContext, objects: Sequence[KubeObject]) -> None:
        world, plan = self._world, self._world.plan
        with following(world, ctx, objects) as follower:
            try:
                with ctx.effect("helm"):
                    world.cluster.upgrade(plan.order, timeout_s=plan.timeout_s, mark=world.mark, say=_hearing(ctx))
            except HostError as error:
                why = follower.troubles[:1] or [printable(error.message.strip().splitlines()[-1], limit=300)]
                state, _ = world.standing()
                now = (
                    f"Helm put the revision {plan.revision} back: the old pods serve"
                    if state == "base"
                    else "The old revision was not put back by Helm"
                )
                raise StepError(
                    f"The upgrade did not come up: {why[0]}. {now}.",
                    "avnwizard rollback takes it back, with databases whose schema moved; or fix it and resume.",
                ) from error
        state, history = world.standing()
        if state != "ours":
            world.refuse_foreign(state, history)
            raise StepError(
                f"Helm ended without an error, and revision {history[-1].number} is {printable(history[-1].status)}.",
                "Look at: helm history. Then resume, or roll back.",
            )
        ctx.note(revision=history[-1].number)
        ctx.say(f"revision {history[-1].number} ({plan.chart_new}) is deployed")

    def undo(self, ctx: StepContext) -> None:
        """Go back to the revision that served, by number, also from a release that Helm left pending.

        Raises:
            StepError: somebody else deployed since.
        """
        world, plan = self._world, self._world.plan
        world.wait_for_helm(ctx)
        state, history = world.standing()
        world.refuse_foreign(state, history)
        if state == "base":
            ctx.say(f"revision {plan.revision} serves already")
            return
        with following(world, ctx, world.cluster.manifest(plan.revision)), ctx.effect("rollback"):
            world.cluster.rollback(plan.revision, timeout_s=plan.timeout_s, say=_hearing(ctx))
        now = serving(world.cluster.history())
        ctx.say(f"revision {now.number if now else '?'} brings {plan.chart_old} back")

    def undone(self, ctx: StepContext) -> Probe:
        """Whether the old manifest serves."""
        self._world.wait_for_helm(ctx)
        return Probe.DONE if self._world.standing()[0] == "base" else Probe.HALF_DONE


def _hearing(ctx: StepContext) -> "_Hearing":
    return _Hearing(ctx)


class _Hearing:
    """Hands Helm's lines on, made printable; what the chart's notes say is left out."""

    def __init__(self, ctx: StepContext) -> None:
        self._ctx, self._notes = ctx, False

    def __call__(self, line: str) -> None:
        """One line."""
        self._notes = self._notes or line.startswith("NOTES:")
        if not self._notes and line.strip():
            self._ctx.say(printable(line.strip(), limit=300))

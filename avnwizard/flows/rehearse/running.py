"""The release in the copy, the operator's look at it, and then the old code on what the release made."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from avnwizard.domain.commands import compose_up
from avnwizard.domain.plain import printable
from avnwizard.domain.rehearsal.result import PARTS, Part
from avnwizard.domain.secret import redact_urls
from avnwizard.domain.strategy import HEALTHY
from avnwizard.domain.words import duration
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.flows.rehearse.plan import Actor
from avnwizard.flows.rehearse.waiting import come_up_together, still_serves
from avnwizard.flows.rehearse.world import Which, World
from avnwizard.planned import PlannedStep, StepKind
from avnwizard.ports import Stack

PARTS_KEY, WHY = "parts", "why"
_SHOWN = 20


class RunServices(Step):
    """Start the services of one release in the copy, one after another, and note how each does."""

    kind = StepKind.CHECK
    undone_by = ()

    def __init__(self, world: World, which: Which) -> None:
        self._world, self._which = world, which
        self.name = which
        what = (
            f"{world.plan.tag} in the copy" if which == "target" else f"the code of {world.plan.old_tag} on its data"
        )
        self.title = f"Run {what}"
        self.guess_s = 3.0 * len(world.actors(which))

    def describe(self) -> PlannedStep:
        """Each service's command."""
        project = self._world.project(self._which)
        note = "Dependencies first, within [rehearse] cpus and memory_mb."
        if self._which == "old":
            note += " What fails here fails in the live stack too once the release has migrated."
        return replace(
            super().describe(),
            commands=tuple(compose_up(project, one.service) for one in self._world.actors(self._which)),
            note=note,
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Goes on with the services that were not tried yet."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Start them."""
        world, actors = self._world, self._world.actors(self._which)
        stack = world.copy(self._which)
        if self._which == "old":
            self._retire(ctx, stack)
        parts = {one.service: one for one in PARTS.adapter.validate_python(ctx.recall().get(PARTS_KEY, []))}
        waits = {name: one.depends_on for name, one in stack.resolve().services.items()}
        left, most = [one for one in actors if one.service not in parts], self._at_once
        while left:
            ctx.checkpoint()
            ctx.progress(len(actors) - len(left), len(actors), "services")
            batch = startable(left, waits)[:most]
            left = [one for one in left if one not in batch]
            for part in self._run(ctx, stack, batch, parts, waits):
                parts[part.service] = part
                said = f": {part.said}" if part.said else ""
                ctx.say(f"{printable(part.service, limit=63)}: {part.outcome} after {duration(part.seconds)}{said}")
            ctx.note(**{PARTS_KEY: [asdict(one) for one in parts.values()]})
        last = [still_serves(stack, one) for one in parts.values()]
        ctx.note(**{PARTS_KEY: [asdict(one) for one in last]})
        for one in stack.containers():
            world.keep_log(stack, one, f"{self._which}.{one.service}.{one.number}")
        ctx.progress(len(actors), len(actors), "services")

    @property
    def _at_once(self) -> int:
        """One by one where times are measured."""
        return 1 if self._which == "target" else self._world.plan.old_at_once

    def _run(
        self,
        ctx: StepContext,
        stack: Stack,
        batch: Sequence[Actor],
        done: Mapping[str, Part],
        waits: Mapping[str, Mapping[str, str]],
    ) -> list[Part]:
        parts, going = [], []
        for one in batch:
            failed = [
                name
                for name, how in waits.get(one.service, {}).items()
                if name in done and not done[name].is_good and (how == HEALTHY or self._which == "target")
            ]  # Compose would not start it either
            if failed:
                parts.append(Part(one.service, one.job, "not started", 0.0, f"{failed[0]} failed"))
            else:
                going.append(one)
        if going:
            with ctx.effect(f"start-{going[0].service}"):
                parts += come_up_together(self._world.host.clock, stack, going)
        return parts

    def _retire(self, ctx: StepContext, stack: Stack) -> None:
        """Take the release's services away; its data stays, and so does the copied server."""
        if ctx.recall().get("retired"):
            return
        going = [one for one in stack.containers() if one.service != self._world.plan.database]
        with ctx.effect("retire"):
            stack.stop(*(one.id for one in going), grace_s=10.0)
            for one in going:
                stack.remove(one.id)
        ctx.note(retired=True)


def startable(left: Sequence[Actor], waits: Mapping[str, Mapping[str, str]]) -> list[Actor]:
    """Those that wait for none of the others, in order: what ends for lack of another would be taken for broken."""
    names = {one.service for one in left}
    return [one for one in left if not names & waits.get(one.service, {}).keys()] or list(left[:1])


class AskOperator(Step):
    """Run the operator's own check against the copy."""

    name = "check"
    title = "Run your check of the copy"
    kind = StepKind.CHECK
    undone_by = ()

    def __init__(self, world: World) -> None:
        self._world = world
        self.guess_s = 10.0

    def describe(self) -> PlannedStep:
        """The command."""
        return replace(super().describe(), commands=(self._world.plan.check,))

    def probe(self, ctx: StepContext) -> Probe:
        """Asked again."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Ask; that it fails is a result."""
        plan, host, project = self._world.plan, self._world.host, self._world.project("target")
        if host.hooks is None:
            ctx.note(**{WHY: "no command can be called on this host"})
            return
        env = host.reaching(os.environ)
        env |= {
            "AVNWIZARD_REHEARSAL": project.name, "AVNWIZARD_TO": plan.tag, "AVNWIZARD_FROM": plan.old_tag,
            "AVNWIZARD_COMPOSE_FILE": str(project.files[0]), "AVNWIZARD_ENV_FILE": str(project.env_file),
        }  # fmt: skip
        with ctx.effect("call"):
            called = host.hooks.call(plan.check, env, plan.check_s)
        for line in called.lines[-_SHOWN:]:
            ctx.say(f"check | {printable(redact_urls(line), limit=400)}")
        why = called.trouble or (f"it ended with exit code {called.code}" if called.code else "")
        facts: dict[str, Any] = {WHY: printable(redact_urls(why), limit=300)}
        ctx.note(**facts)

"""Before anything of the copy is started: is there room, is it isolated, are the images here."""

from dataclasses import replace

from avnwizard.domain import commands
from avnwizard.domain.plain import printable
from avnwizard.domain.words import size
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.rehearse.world import World
from avnwizard.planned import PlannedStep, StepKind

_NOTHING = "Nothing was started."


class ProveIsolated(Step):
    """Look at the room, and prove that what will be started reaches nothing of the live stack."""

    name = "isolate"
    title = "Prove that the copy is isolated"
    kind = StepKind.CHECK
    guess_s = 3.0
    undone_by = ()

    def __init__(self, world: World) -> None:
        self._world = world

    def describe(self) -> PlannedStep:
        """Where the files are, and what is looked for."""
        return replace(
            super().describe(),
            note=f"The generated files are in {self._world.place}. Proven, on what Compose makes of them: no label "
            "that routes, no published port, every network internal and its own, every volume its own, no folder of "
            "the host writable, limits on every container.",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Look.

        Raises:
            StepError: there is no room, or somebody else has the copy's name.
            RefusedError: it is not isolated.
        """
        world, plan = self._world, self._world.plan
        copies = world.host.rehearsals()
        if strangers := copies.strangers(plan.mark):
            named = ", ".join(printable(one, limit=80) for one in strangers[:3])
            raise StepError(f"A project {plan.mark.name} that is no rehearsal runs: {named}. {_NOTHING}", "docker ps")
        require_room(world)
        with ctx.effect("sweep"):
            copies.sweep(plan.mark)
        for which in ("target", "old"):
            if world.actors(which):
                world.copy(which)
        ctx.say("the copy is isolated: no route, no port, no way out, no volume of the live stack")


def require_room(world: World) -> None:
    """Refuse on an engine that has no disk, memory or time to spare.

    Raises:
        StepError: says what lacks, with the figures.
    """
    plan, free = world.plan, world.host.stack.engine().free_bytes
    if free is not None and free < plan.needed_bytes:
        raise StepError(
            f"A rehearsal needs {size(plan.needed_bytes)} on the engine's disk; {size(free)} is free. {_NOTHING}",
            "Make room, then rehearse again.",
        )
    machine = world.host.rehearsals().machine()
    if machine.memory_bytes is not None and machine.memory_bytes < plan.needed_memory:
        raise StepError(
            f"A rehearsal needs about {size(plan.needed_memory)} of memory; {size(machine.memory_bytes)} are "
            f"available. {_NOTHING}",
            "Rehearse on a quieter hour, or on another host.",
        )
    if machine.load is not None and machine.load > plan.max_load:
        raise StepError(
            f"The host is busy: its load is {machine.load:.1f} for each processor, and a rehearsal begins up to "
            f"{plan.max_load:g}. {_NOTHING}",
            "Rehearse on a quieter hour, or raise [rehearse] max_load.",
        )


class PullMissing(Step):
    """Pull the images that are not here. One that is here is left: a tag that the live stack uses is never moved."""

    name = "pull"
    title = "Pull the images that are not here"
    kind = StepKind.SAVE
    undone_by = ()

    def __init__(self, world: World) -> None:
        self._world = world
        self.guess_s = 20.0 * len(world.plan.pull)

    def describe(self) -> PlannedStep:
        """One pull each."""
        return replace(super().describe(), commands=tuple(map(commands.docker_pull, self._world.plan.pull)))

    def probe(self, ctx: StepContext) -> Probe:
        """What is here is not pulled again."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Pull."""
        stack, wanted = self._world.host.stack, self._world.plan.pull
        for number, reference in enumerate(wanted):
            ctx.checkpoint()
            ctx.progress(number, len(wanted), "images")
            if stack.image(reference) is None:
                with ctx.effect(f"pull-{number}"):
                    stack.pull(reference, lambda _line: None)

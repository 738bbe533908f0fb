"""The end of a rehearsal: the verdict is kept, and everything that it made is removed."""

import re
from dataclasses import replace

from avnwizard.domain.plain import printable
from avnwizard.domain.rehearsal.result import PARTS, RESULT, Part, Rehearsed, Slow
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.rehearse import copying, running
from avnwizard.flows.rehearse.world import World
from avnwizard.flows.stack.rehearsed import REHEARSED, VERDICT
from avnwizard.planned import PlannedStep, StepKind

_LOG_LINES, _KEPT = 20_000, 10
_TIMED = re.compile(r"duration: ([0-9.]+) ms  (?:statement|execute [^:]*): (.*)")
_LITERAL = re.compile(r"'(?:[^']|'')*'|\$\w*\$.*|\b\d+(?:\.\d+)?\b")
_SHORT = 120


class KeepVerdict(Step):
    """Write down what the rehearsal showed."""

    name = VERDICT
    title = "Keep the verdict"
    kind = StepKind.SAVE
    guess_s = 1.0
    undone_by = ()

    def __init__(self, world: World) -> None:
        self._world = world

    def probe(self, ctx: StepContext) -> Probe:
        """Written again."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Put together what the steps noted."""
        plan = self._world.plan
        found = Rehearsed(
            run=ctx.run,
            tag=plan.tag,
            commit=plan.commit,
            old_tag=plan.old_tag,
            at=float(ctx.recall(copying.CopyData.name).get(copying.BEGAN) or self._world.host.clock.now()),
            copied_bytes=plan.total_bytes,
            copy_s=float(ctx.recall(copying.CopyData.name).get(copying.SECONDS, 0.0)),
            target=_parts(ctx, "target"),
            check=ctx.recall(running.AskOperator.name).get(running.WHY) if plan.check else None,
            old=_parts(ctx, "old"),
            left_out=plan.left_out,
            notes=plan.notes,
            slow=self._slow(),
        )
        ctx.note(**{REHEARSED: RESULT.adapter.dump_python(found, mode="json")})
        for sentence in found.sentences():
            ctx.say(sentence)

    def _slow(self) -> tuple[Slow, ...]:
        """What the copied server logged of statements that took long; nothing where it logs elsewhere."""
        plan = self._world.plan
        if plan.data is None:
            return ()
        try:
            stack = self._world.host.rehearsals().stack(self._world.project("target"))
            lines = stack.logs(self._world.server(stack).id, lines=_LOG_LINES)
        except (HostError, StepError):
            return ()
        found = [
            Slow(float(one[1]) / 1000, without_literals(one[2])) for line in lines if (one := _TIMED.search(line))
        ]
        return tuple(sorted(found, key=lambda one: -one.seconds)[:_KEPT])


def without_literals(statement: str) -> str:
    """A statement's first words as they may be kept: its literals may be secrets or people's data."""
    return printable(_LITERAL.sub("?", statement), limit=_SHORT)


def _parts(ctx: StepContext, step: str) -> tuple[Part, ...]:
    return PARTS.adapter.validate_python(ctx.recall(step).get(running.PARTS_KEY, []))


class RemoveCopy(Step):
    """Remove everything that the rehearsal made."""

    name = "remove"
    title = "Remove the copy"
    kind = StepKind.REMOVE
    guess_s = 6.0
    undone_by = ()

    def __init__(self, world: World) -> None:
        self._world = world

    def describe(self) -> PlannedStep:
        """By which label."""
        labels = " and ".join(f"{name}={value}" for name, value in self._world.plan.mark.labels.items())
        note = (
            f"Every container, network and volume with the label {labels}. Models and logs stay in the run's folder."
        )
        return replace(super().describe(), note=note)

    def probe(self, ctx: StepContext) -> Probe:
        """Done when nothing is left."""
        return Probe.HALF_DONE if self._world.host.rehearsals().left(self._world.plan.mark) else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Remove it.

        Raises:
            HostError: something cannot be removed.
        """
        with ctx.effect("remove"):
            clear(self._world)


def clear(world: World) -> None:
    """Remove all that a rehearsal made, and the files that hold its secrets.

    Raises:
        HostError: something is left.
    """
    copies = world.host.rehearsals()
    copies.sweep(world.plan.mark)
    for which in ("target", "old"):
        world.host.files.remove(world.project(which).env_file)
    if left := copies.left(world.plan.mark):
        raise HostError(
            f"Something of the rehearsal is left: {printable(left[0], limit=120)}.", "avnwizard rehearse forget"
        )

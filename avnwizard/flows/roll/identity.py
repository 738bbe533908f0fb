"""Which containers were there before a step began: noted before its first effect, so that a resumed run knows it.

What appears afterwards is the step's own. No hash is predicted for it: the hash that Compose writes on a container is
another one than it prints for services with `env_file:`, `label_file:`, a shared network and the like.
"""

from collections.abc import Sequence

from avnwizard.domain.host import Container
from avnwizard.engine.step import StepContext
from avnwizard.flows.host import Host
from avnwizard.flows.roll import places
from avnwizard.flows.roll.places import Place

_BEFORE, _DISPUTED = "before", "disputed"


def remember(ctx: StepContext, found: Sequence[Container]) -> dict[str, float]:
    """The containers that were there when the step first began: id -> when each was last started."""
    known = before(ctx)
    if known is None:
        known = {one.id: one.started_at for one in found}
        ctx.note(**{_BEFORE: known})
    return known


def before(ctx: StepContext, step: str = "") -> dict[str, float] | None:
    """What `remember` noted in a step (default: this one); None where it did not come to that."""
    known = ctx.recall(step).get(_BEFORE)
    return None if known is None else {str(name): float(started_at) for name, started_at in known.items()}


def note_disputed(ctx: StepContext, host: Host, service: str, found: Sequence[Container]) -> None:
    """Note those new containers that Compose would replace again, right after it made them.

    Nothing changed in between, so it would go on for ever: `Verify` does not take them for containers of another
    configuration. Those that were there before the step may still be there, and are replaced for good reason.
    """
    made = {one.id for one in found}.difference(before(ctx) or ())
    outdated = places.outdated(ctx, host, service, Place.COMPARE_AGAIN) & made
    ctx.note(**{_DISPUTED: sorted(outdated)})
    if outdated:
        ctx.say(f"{service} is new, and yet `docker compose up -d` would replace it again: Compose's doing")


def disputed(ctx: StepContext, service: str) -> frozenset[str]:
    """The containers of a service that Compose would replace however often it is rolled."""
    steps = (f"roll:{service}", f"roll-back:{service}")
    return frozenset(name for step in steps for name in ctx.recall(step).get(_DISPUTED, ()))

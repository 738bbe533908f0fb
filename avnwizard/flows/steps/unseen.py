"""Which containers have to go although Compose sees no change: files that they read change."""

from collections.abc import Mapping

from avnwizard.engine.step import StepContext
from avnwizard.flows.roll import identity
from avnwizard.flows.stack.step_inputs import StepInputs


def to_replace(
    ctx: StepContext, scene: StepInputs, service: str, before: Mapping[str, float], *, back: bool = False
) -> frozenset[str]:
    """The containers that have to go because files that they read change, which Compose does not see.

    On the way back those that were there before the upgrade stay: they have never read the newer files.

    Args:
        before: those that were there when the step first began.
    """
    part = next((one for one in scene.plan.services if one.service == service), None)
    if part is None or not part.unseen:
        return frozenset()
    if not back:
        return frozenset(before)
    kind = "job" if part.strategy == "job" else "roll"
    original = identity.before(ctx, f"{kind}:{service}")
    return frozenset() if original is None else frozenset(before) - original.keys()

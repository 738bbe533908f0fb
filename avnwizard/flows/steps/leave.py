"""Leave a service as the newer release has it, and say so."""

from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.planned import StepKind


class Leave(Step):
    """A service whose data the older version may not read stays as it is; nothing is changed."""

    kind = StepKind.LEAVE
    undone_by = ()

    def __init__(self, service: str, why: str) -> None:
        self._why, self.service = why, service
        self.name = f"leave:{service}"
        self.title = f"Leave {service} at the newer version"

    def probe(self, ctx: StepContext) -> Probe:
        """Saying it again is harmless."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Say why."""
        ctx.say(self._why)

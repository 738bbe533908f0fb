"""A phase of a rotation as a flow: what the machinery of runs asks of it."""

from collections.abc import Collection, Sequence

from avnwizard.domain.plan import Plan
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step
from avnwizard.flows.flow import Outcome
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import keeping
from avnwizard.flows.rotate.any_secret import ReplacesSecret, told
from avnwizard.flows.rotate.plan import RotationPlan, from_json
from avnwizard.flows.rotate.standing import ROTATE, has_written, standing, written_since
from avnwizard.flows.rotate.steps import require_way_back, rotation_steps, steps_back


class Rotate(ReplacesSecret):
    """One phase; the next one is a run of its own, hours or weeks later."""

    kind = ROTATE
    noun = "rotation"
    doing = "rotating the secret"
    finished = "This phase of the rotation is done"

    def stack_plan(self, run: RunRecord) -> Plan:
        """Of the phase."""
        return from_json(run.plan).stack

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """As its plan says."""
        plan = from_json(run.plan)
        return rotation_steps(host, plan, run.id, written_at=_written_at(journal, plan))

    def undo_steps(self, host: Host, journal: Journal, run: RunRecord, begun: Collection[str]) -> list[Step]:
        """The list of the phase before, then the services rolled to it.

        Raises:
            RefusedError: that would be the list as it was before the rotation, and the new secret has written since.
        """
        plan = from_json(run.plan)
        require_way_back(has_written(journal, plan), plan)
        self.require_release(host, run, "phase", "A secret goes")
        back = super().undo_steps(host, journal, run, begun)
        return [*back, *steps_back(host, plan, run.id)] if back else []

    def host_of(self, host: Host, journal: Journal, run: RunRecord) -> Host:
        """With the database that the plan was made for."""
        del journal
        return host.of_run(from_json(run.plan).stack.postgres_service)

    def clear(self, host: Host, run: RunRecord) -> None:
        """The secret that it would have brought."""
        plan = from_json(run.plan)
        if plan.phase == 1:
            keeping.destroy(host, plan.rotation)

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """What is pending."""
        plan = from_json(run.plan)
        facts = (("Secret", plan.kind.title), ("Phase", f"{plan.phase} of {plan.kind.phases}"))
        found = standing(journal, plan.what)
        pending = found.sentence() if found and found.is_pending else ""
        old = "" if pending else "the old secret is still kept, sealed: rotate forget destroys it"
        return Outcome(facts, tomorrow=tuple(line for line in (pending, old) if line))

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """Which secret, where, and what was said of it."""
        del journal, steps
        plan = from_json(run.plan)
        secret, phase = f"secret: {plan.kind.title}, {plan.place.shown}", f"phase: {plan.phase} of {plan.kind.phases}"
        return told(secret, phase, notes=plan.notes)


def _written_at(journal: Journal, plan: RotationPlan) -> float | None:
    found = standing(journal, plan.what)
    return written_since(journal, found) if found and found.plan.rotation == plan.rotation else None

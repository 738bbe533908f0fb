"""Replacing a role's password, as a flow."""

from collections.abc import Collection, Sequence

from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step
from avnwizard.flows.flow import Outcome
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import keeping
from avnwizard.flows.rotate.any_secret import ReplacesSecret, told
from avnwizard.flows.rotate.password_plan import from_json
from avnwizard.flows.rotate.password_steps import password_steps, password_steps_back
from avnwizard.flows.rotate.standing import REPLACE
from avnwizard.planned import StepKind


class RotatePassword(ReplacesSecret):
    """One run: to the twin, and from it to the role with its new password."""

    kind = REPLACE
    noun = "rotation of a password"
    doing = "replacing the password"
    finished = "The password was replaced"

    def stack_plan(self, run: RunRecord) -> Plan:
        """Of both rolls."""
        return from_json(run.plan).stack

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """As its plan says."""
        plan = from_json(run.plan)
        return password_steps(self._by_plan(host, run), plan, run.id)

    def undo_steps(self, host: Host, journal: Journal, run: RunRecord, begun: Collection[str]) -> list[Step]:
        """By way of the twin again; nothing where the run only looked.

        Raises:
            RefusedError: another release runs now.
        """
        plan = from_json(run.plan)
        self.require_release(host, run, "run", "A password goes")
        there = self._by_plan(host, run)
        looked = {step.name for step in password_steps(there, plan, run.id) if step.kind is StepKind.CHECK}
        return password_steps_back(there, plan, run.id) if set(begun) - looked else []

    def host_of(self, host: Host, journal: Journal, run: RunRecord) -> Host:
        """With the database and the compose files that the plan was made for."""
        del journal
        return self._by_plan(host, run)

    def _by_plan(self, host: Host, run: RunRecord) -> Host:
        """In mid-run containers tell of the twin's compose file too: the plan's own files count."""
        plan = from_json(run.plan).stack
        there = host.of_run(plan.postgres_service)
        if there.stack.project.files == plan.project.files:
            return there
        return there.of_project(plan.project)

    def clear(self, host: Host, run: RunRecord) -> None:
        """The password that it would have brought."""
        keeping.destroy(host, from_json(run.plan).rotation)

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """Whose it was."""
        del journal
        plan = from_json(run.plan)
        facts = (("Role", printable(plan.role)), ("Password", f"{printable(plan.variable)} in the env file"))
        return Outcome(facts, tomorrow=("the old password is still kept, sealed: rotate forget password",))

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """Which role, and what was said of it."""
        del journal, steps
        plan = from_json(run.plan)
        role = f"role: {printable(plan.role)}, its password in {printable(plan.variable)} of the env file"
        return told(role, notes=plan.notes)

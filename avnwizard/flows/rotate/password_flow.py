"""Replacing a role's password, as a flow."""

from collections.abc import Collection, Iterator, Sequence

from avnwizard.domain.plain import printable
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step
from avnwizard.errors import RefusedError
from avnwizard.flows.edge.watch import watched
from avnwizard.flows.flow import Around, Flow, Outcome, Touched
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import keeping
from avnwizard.flows.rotate.password_plan import from_json
from avnwizard.flows.rotate.password_steps import password_steps, password_steps_back
from avnwizard.flows.rotate.standing import REPLACE
from avnwizard.planned import StepKind


class RotatePassword(Flow):
    """One run: to the twin, and from it to the role with its new password."""

    kind = REPLACE
    noun = "rotation of a password"
    doing = "replacing the password"
    finished = "The password was replaced"
    subjects = frozenset({"secrets", "services"})
    way_back = "undo"

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
        if host.repo.head().commit != plan.stack.current.commit:
            raise RefusedError(
                f"The stack has gone to another release than {plan.stack.current.tag} since this run.",
                "A password goes back only while its release runs: avnwizard runs names what came since.",
            )
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

    def around(self, host: Host, journal: Journal, feed: FeedWriter, run: RunRecord) -> Iterator[Around]:
        """The probe of the edge."""
        del journal
        folder = host.state.run(run.id)
        yield watched(host, from_json(run.plan).stack.probe, feed, folder, folder)

    def left_nothing(self, steps: Sequence[StepRecord]) -> bool:
        """While it only looked."""
        return all(step.kind is StepKind.CHECK for step in steps if step.state != "pending")

    def clear(self, host: Host, run: RunRecord) -> None:
        """The password that it would have brought."""
        keeping.destroy(host, from_json(run.plan).rotation)

    def touched(self, journal: Journal, run: RunRecord) -> tuple[Touched, ...]:
        """What is given the password."""
        del journal
        parts = from_json(run.plan).stack.services
        return tuple(Touched(one.service, one.strategy, one.image_old, one.image_new) for one in parts)

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
        return [
            f"- role: {printable(plan.role)}, its password in {printable(plan.variable)} of the env file",
            *(f"- {printable(note)}" for note in plan.notes),
        ]

"""The rollback of an upgrade as a flow: what the machinery of runs asks of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from avnwizard.domain.plan import Plan, from_json
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step
from avnwizard.flows.edge.watch import watched
from avnwizard.flows.flow import Around, Flow, Outcome, Touched
from avnwizard.flows.host import Host
from avnwizard.flows.rollback.plan import rollback_from_json
from avnwizard.flows.rollback.planning import rollback_steps
from avnwizard.flows.rollback.report import rollback_lines
from avnwizard.flows.stack.former_release import of_plan
from avnwizard.flows.upgrade.flow import changes, touched
from avnwizard.flows.upgrade.report import change_facts
from avnwizard.flows.upgrade.steps import scene_of


class Rollback(Flow):
    """Back to where an upgrade came from."""

    kind = "rollback"
    noun = "rollback"
    doing = "rolling the stack back"
    finished = "The stack is back where it was"
    takes_back = True

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """As its plan says, on the plan of the run that it takes back."""
        scene = scene_of(_undone(journal, run), host, run.undoes)
        return rollback_steps(scene, rollback_from_json(run.plan))

    def expected(self, host: Host, journal: Journal, run: RunRecord) -> Mapping[str, float]:
        """The steps' own guesses, in proportion to the time that the whole way back was said to take."""
        guessed, total_s = super().expected(host, journal, run), rollback_from_json(run.plan).cost.total_s
        whole = sum(guessed.values())
        return (
            {name: seconds * total_s / whole for name, seconds in guessed.items()} if whole and total_s else guessed
        )

    def host_of(self, host: Host, journal: Journal, run: RunRecord) -> Host:
        """With the database of the upgrade, and the compose files that it began with.

        What containers tell of is the release's files: an override that it dropped is none of them, and comes back.
        """
        plan = _undone(journal, run)
        there = of_plan(host, plan)
        before = plan.project_before
        if plan.renames_files:
            return there.of_project(before, plan.project)
        return there if before.files == there.stack.project.files else there.of_project(before)

    def around(self, host: Host, journal: Journal, feed: FeedWriter, run: RunRecord) -> Iterator[Around]:
        """The probe of the edge; what it learned before the upgrade still holds."""
        probe = _undone(journal, run).probe
        yield watched(host, probe, feed, host.state.run(run.id), host.state.run(run.undoes))

    def touched(self, journal: Journal, run: RunRecord) -> tuple[Touched, ...]:
        """The services of the upgrade, the other way round."""
        ways: dict[str, str] = dict(rollback_from_json(run.plan).services)
        return tuple(
            replace(one, how=ways.get(one.service, one.how), old=one.new, new=one.old)
            for one in touched(_undone(journal, run))
        )

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """What went back, what did not, and where the previous data is."""
        undone, plan = _undone(journal, run), rollback_from_json(run.plan)
        stayed = "no database was put back" if plan.cost.stays else "the databases stayed as they were"
        aside = "the databases as they were are kept: Redo on the first screen puts them back, or avnwizard redo"
        return Outcome(
            changes(undone, back=True),
            str(undone.snapshot.folder) if undone.snapshot.taken else "",
            ("send the report to the vendor's support", aside if plan.restore else stayed),
            tuple(f"{service}: {why}" for service, why in plan.stay),
        )

    def tags(self, journal: Journal, run: RunRecord) -> tuple[str, str]:
        """Those of the upgrade, the other way round."""
        plan = _undone(journal, run)
        return plan.target.tag, plan.current.tag

    def heading(self, journal: Journal, run: RunRecord) -> str:
        """With the product's name."""
        return f"{_undone(journal, run).product}: {run.title}"

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """From which release to which."""
        return change_facts(_undone(journal, run), steps, back=True)

    def account(self, journal: Journal, run: RunRecord) -> list[str]:
        """Why, and what became of the databases."""
        return rollback_lines(journal, run)


def _undone(journal: Journal, run: RunRecord) -> Plan:
    return from_json(journal.run(run.undoes).plan)

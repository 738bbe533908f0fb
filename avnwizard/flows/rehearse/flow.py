"""A rehearsal, as a flow: nothing of the live stack changes, and nothing is left of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from avnwizard.domain.plain import printable
from avnwizard.domain.rehearsal.result import Part, Rehearsed
from avnwizard.domain.words import count, duration, size
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step
from avnwizard.errors import HostError
from avnwizard.flows.flow import Around, Flow, Outcome
from avnwizard.flows.host import Host
from avnwizard.flows.rehearse.copying import CopyData, StartData
from avnwizard.flows.rehearse.ending import KeepVerdict, RemoveCopy, clear
from avnwizard.flows.rehearse.plan import RehearsalPlan, from_json
from avnwizard.flows.rehearse.preparing import ProveIsolated, PullMissing
from avnwizard.flows.rehearse.running import AskOperator, RunServices
from avnwizard.flows.rehearse.world import World
from avnwizard.flows.stack.rehearsed import KIND, result_of


class Rehearsal(Flow):
    """A release tried on an isolated copy of the stack."""

    kind = KIND
    noun = "rehearsal"
    doing = "rehearsing the release"
    finished = "The rehearsal is done"
    leaves_nothing = True

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """As its plan says."""
        del journal
        return steps_of(host, from_json(run.plan), run.id)

    def around(self, host: Host, journal: Journal, feed: FeedWriter, run: RunRecord) -> Iterator[Around]:
        """However the run ends, nothing is left of the copy."""
        del journal
        yield _swept(_world(host, from_json(run.plan), run.id), feed)

    def clear(self, host: Host, run: RunRecord) -> None:
        """Remove what a killed run left."""
        clear(_world(host, from_json(run.plan), run.id))

    def tags(self, journal: Journal, run: RunRecord) -> tuple[str, str]:
        """From which release to which."""
        del journal
        plan = from_json(run.plan)
        return plan.old_tag, plan.tag

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """The verdict, and where the logs are."""
        del steps
        plan, found = from_json(run.plan), result_of(journal, run)
        lines = [
            f"- rehearsed: {printable(plan.tag)}, commit {plan.commit[:12]}",
            "- nothing of the live stack changed",
        ]
        return lines + [f"- {sentence}" for sentence in (found.sentences() if found else ())]

    def sections(self, journal: Journal, run: RunRecord) -> list[str]:
        """Each service's time, and what was left out."""
        found = result_of(journal, run)
        return list(_sections(found)) if found else []

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """The verdict."""
        found = result_of(journal, run)
        if found is None:
            return Outcome()
        facts = (
            ("Release", found.tag),
            ("Copied", size(found.copied_bytes)),
            ("Migrations", duration(found.migrations_s)),
        )
        return Outcome(facts, notes=tuple(found.sentences()))


def _world(host: Host, plan: RehearsalPlan, run: str) -> World:
    return World(plan, host, host.state.run(run))


@contextmanager
def _swept(world: World, feed: FeedWriter) -> Iterator[None]:
    try:
        yield
    finally:
        try:
            clear(world)
        except HostError as error:
            feed.emit("say", "", f"the copy could not be removed: {error.message} Then: avnwizard rehearse forget")


def steps_of(host: Host, plan: RehearsalPlan, run: str) -> list[Step]:
    """The steps, in order; also those that a plan shows, under a run's name that nobody has."""
    world = _world(host, plan, run)
    steps: list[Step] = [ProveIsolated(world)]
    steps += [PullMissing(world)] if plan.pull else []
    steps += [CopyData(world, plan.data), StartData(world)] if plan.data else []
    steps.append(RunServices(world, "target"))
    steps += [AskOperator(world)] if plan.check else []
    steps += [RunServices(world, "old")] if plan.old and plan.data else []
    return [*steps, KeepVerdict(world), RemoveCopy(world)]


def _sections(found: Rehearsed) -> Iterator[str]:
    yield from ("", "## In the copy", "", "| service | release | old code afterwards |", "| --- | --- | --- |")
    old = {one.service: one for one in found.old}
    for part in found.target:
        yield f"| {printable(part.service)} | {_cell(part)} | {_cell(old.pop(part.service, None))} |"
    for part in old.values():
        yield f"| {printable(part.service)} | | {_cell(part)} |"
    if found.left_out:
        yield from ("", f"Left out of the copy: {count(len(found.left_out), 'service')}.", "")
        yield from (
            f"- {printable(one.service)}: {printable(one.why)}. {printable(one.means)}" for one in found.left_out
        )
    yield from ("", *(f"- {printable(one)}" for one in found.notes))
    if found.slow:
        yield from ("", "Slowest statements on the copied server:", "")
        yield from (f"- {one.seconds:.2f} s: `{printable(one.text).replace('`', chr(39))}`" for one in found.slow)


def _cell(part: Part | None) -> str:
    if part is None:
        return ""
    return f"{part.outcome}, {duration(part.seconds)}" + (f" ({printable(part.said)})" if part.said else "")

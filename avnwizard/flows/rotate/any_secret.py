"""What the flows that replace a secret have in common: they roll the stack from its release to itself."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence

from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.errors import RefusedError
from avnwizard.flows.edge.watch import watched
from avnwizard.flows.flow import Around, Flow, Touched
from avnwizard.flows.host import Host
from avnwizard.planned import StepKind


class ReplacesSecret(Flow):
    """A run that replaces a secret, and the roll of what reads it."""

    subjects = frozenset({"secrets", "services"})
    way_back = "undo"

    @abstractmethod
    def stack_plan(self, run: RunRecord) -> Plan:
        """The roll in the run's plan."""

    def require_release(self, host: Host, run: RunRecord, since: str, what: str) -> None:
        """Refuse to take a secret back once another release runs.

        Args:
            since: the run, in the sentence.
            what: goes back only while its release runs, such as "A password goes".

        Raises:
            RefusedError: says which release it was.
        """
        plan = self.stack_plan(run)
        if host.repo.head().commit != plan.current.commit:
            raise RefusedError(
                f"The stack has gone to another release than {plan.current.tag} since this {since}.",
                f"{what} back only while its release runs: avnwizard runs names what came since.",
            )

    def around(self, host: Host, journal: Journal, feed: FeedWriter, run: RunRecord) -> Iterator[Around]:
        """The probe of the edge."""
        del journal
        folder = host.state.run(run.id)
        yield watched(host, self.stack_plan(run).probe, feed, folder, folder)

    def left_nothing(self, steps: Sequence[StepRecord]) -> bool:
        """While it only looked."""
        return all(step.kind is StepKind.CHECK for step in steps if step.state != "pending")

    def touched(self, journal: Journal, run: RunRecord) -> tuple[Touched, ...]:
        """What reads the secret."""
        del journal
        parts = self.stack_plan(run).services
        return tuple(Touched(one.service, one.strategy, one.image_old, one.image_new) for one in parts)


def told(*facts: str, notes: Sequence[str]) -> list[str]:
    """Lines of a report: what the secret is, and what was said of it before."""
    return [f"- {one}" for one in (*facts, *(printable(note) for note in notes))]

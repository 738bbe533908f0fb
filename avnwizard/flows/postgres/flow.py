"""A new Postgres major, as a flow."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step
from avnwizard.flows.edge.watch import watched
from avnwizard.flows.flow import Around, Flow, Outcome, Touched
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.cold import PrepareCold, RehearseCold, UpgradeCold
from avnwizard.flows.postgres.copying import CopyLive, ProveCopy, RehearseUpgrade, UpgradeCopy
from avnwizard.flows.postgres.finishing import Analyze, VerifyMajor
from avnwizard.flows.postgres.following import Follow, MoveFollowed, ProveFollowed
from avnwizard.flows.postgres.following_back import WHY, FollowBack, LookBack
from avnwizard.flows.postgres.holding import QuietClients, ReleaseClients
from avnwizard.flows.postgres.levelling import LetFollow
from avnwizard.flows.postgres.moving import MoveData, Prove
from avnwizard.flows.postgres.plan import MajorPlan, from_json
from avnwizard.flows.postgres.preparing import SERVED, Rehearse
from avnwizard.flows.postgres.returning import (
    FOLLOW_BACK,
    LOST,
    OVER,
    RESERVE,
    RESERVED,
    STATE,
    AllowBack,
    ReserveBack,
)
from avnwizard.flows.postgres.rows import OPEN, ROWS, WRONG, Holder, HoldRows, ProveRows
from avnwizard.flows.postgres.switching import Switch
from avnwizard.flows.postgres.world import World
from avnwizard.flows.stack.run_folder import ENV_BEFORE, RunFolder
from avnwizard.flows.steps.copy_off import copies
from avnwizard.flows.steps.snapshot import TakeSnapshot
from avnwizard.flows.steps.writers import StopWriters


class PostgresMajor(Flow):
    """The stack's Postgres on its next major, on a volume of its own; the old volume is never touched."""

    kind = "postgres"
    noun = "Postgres upgrade"
    doing = "upgrading Postgres"
    finished = "Postgres is upgraded"
    subjects = frozenset({"services", "databases"})
    way_back = "undo"

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """As its plan says."""
        del journal
        return steps_of(host, from_json(run.plan), run.id)

    def undo_steps(self, host: Host, journal: Journal, run: RunRecord, begun: Collection[str]) -> list[Step]:
        """The old server back, the services stopped meanwhile and started again on it."""
        plan = from_json(run.plan)
        world = World(plan, host, RunFolder(host.state.run(run.id), host.files))
        back = super().undo_steps(host, journal, run, begun)
        if StopWriters.name not in begun:
            return back
        look: list[Step] = [LookBack(world)] if RESERVE in begun else []
        first: list[Step] = [*look, QuietClients(world, back=True)] if Switch.name in begun else []
        return [
            *first,
            *back[:-1],
            ReleaseClients(world, back=Switch.name in begun),
            *back[-1:],
        ]  # the new volume goes last

    def back_notes(self, journal: Journal, run: RunRecord) -> tuple[str, ...]:
        """Once the services ran on the new server, what they wrote there does not come along."""
        if not journal.facts(run.id, Switch.name).get(SERVED):
            return ("Nothing is lost: no service has run on the new server.",)
        plan = from_json(run.plan)
        where, followed = printable(plan.volume_new), journal.facts(run.id, FOLLOW_BACK)
        if journal.facts(run.id, RESERVE).get(RESERVED) and followed.get(STATE) not in {OVER, LOST}:
            return (
                f"Nothing is lost: the old server takes over what was written to PostgreSQL {plan.major_new}.",
                "Whether it gets all of it is looked at before any service stops.",
            )
        why = printable(str(followed.get(WHY, "")), limit=300)
        ended = (f"The old server stopped following: {why}.",) if why else ()
        return (
            *ended,
            f"What was written to PostgreSQL {plan.major_new} since the switch stays behind, in the volume {where}.",
            f"The old server has the data as it was {'then' if followed else 'at the switch'}.",
        )

    def host_of(self, host: Host, journal: Journal, run: RunRecord) -> Host:
        """With the database that the plan was made for."""
        del journal
        return host.of_run(from_json(run.plan).service)

    def around(self, host: Host, journal: Journal, feed: FeedWriter, run: RunRecord) -> Iterator[Around]:
        """The probe of the edge."""
        del journal
        folder = host.state.run(run.id)
        yield watched(host, from_json(run.plan).probe, feed, folder, folder)

    def snapshot(self, run: RunRecord) -> Path | None:
        """The one that it takes first."""
        return from_json(run.plan).snapshot.folder

    def touched(self, journal: Journal, run: RunRecord) -> tuple[Touched, ...]:
        """The database; the others only stop and start."""
        del journal
        plan = from_json(run.plan)
        return (Touched(plan.service, "recreate", plan.image_old, plan.image_new),)

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """From what to what, and the proof."""
        del journal
        plan = from_json(run.plan)
        proofs = [step.facts for step in steps if step.name in {Prove.name, ROWS}]
        facts = {name: value for each in proofs for name, value in each.items()}
        lines = [
            f"- PostgreSQL {plan.version_old} to {printable(str(facts.get('version', plan.major_new)))}",
            f"- image: {printable(plan.image_old)} to {printable(plan.image_new)}",
            f"- old volume, untouched: {printable(plan.volume_old)}; new volume: {printable(plan.volume_new)}",
            f"- snapshot: {printable(str(plan.snapshot.folder))}",
        ]
        if "rows" in facts:
            lines.append(
                f"- proven equal: {facts['tables']} tables with {facts['rows']:,} rows, {facts.get('roles', 0)} roles"
            )
        lines += [f"- {printable(line, limit=600)}" for line in (*facts.get(WRONG, ()), facts.get(OPEN, "")) if line]
        return lines

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """What changed, what to look at, and what the comparison of every row found."""
        plan, found = from_json(run.plan), journal.facts(run.id, ROWS)
        facts = (
            ("Postgres", f"{plan.version_old} → {plan.major_new}"),
            ("Databases", str(len(plan.databases))),
            ("Old volume", plan.volume_old),
        )
        tomorrow = (
            f"the edit of {plan.compose_file} is yours: commit it, or carry it into the next release",
            "once you are sure: avnwizard postgres forget removes the old volume",
        )
        wrong, left_open = tuple(map(str, found.get(WRONG, ()))), str(found.get(OPEN, ""))
        back = (f"Go back before users write more: avnwizard rollback {run.id}",) if wrong else ()
        notes = (left_open,) if left_open else ()
        return Outcome(facts, str(plan.snapshot.folder), tomorrow, notes, but=(*wrong, *back))


def steps_of(host: Host, plan: MajorPlan, run: str) -> list[Step]:
    """The steps, in order; also those that a plan shows, under a run's name that nobody has."""
    folder = RunFolder(host.state.run(run), host.files)
    world = World(plan, host, folder)
    stop = QuietClients(world)
    dump: list[Step] = [Rehearse(world), stop, MoveData(world), Prove(world)]
    copy: list[Step] = [RehearseUpgrade(world), CopyLive(world), stop, UpgradeCopy(world), ProveCopy(world)]
    cold: list[Step] = [RehearseCold(world), PrepareCold(world), stop, UpgradeCold(world), ProveCopy(world)]
    logical: list[Step] = [
        Rehearse(world), LetFollow(world), Follow(world), stop, MoveFollowed(world), ProveFollowed(world),
    ]  # fmt: skip
    ways = {"copy": copy, "cold": cold, "dump": dump, "logical": logical}
    holder = Holder()
    kept = plan.keep_reverse_s > 0
    allow: list[Step] = [AllowBack(world)] if kept else []
    reserve: list[Step] = [ReserveBack(world)] if kept else []
    follow: list[Step] = [FollowBack(world)] if kept else []
    return [
        TakeSnapshot(host, plan.snapshot, lambda: folder.env(ENV_BEFORE)),
        *ways[plan.way],
        *allow,
        Switch(world),
        *reserve,
        HoldRows(world, holder),
        ReleaseClients(world),
        Analyze(world),
        VerifyMajor(world),
        ProveRows(world, holder),
        *copies(host, plan.snapshot),
        *follow,
    ]

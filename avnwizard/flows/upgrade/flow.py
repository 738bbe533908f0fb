"""The upgrade as a flow: what the machinery of runs asks of it."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan, from_json
from avnwizard.domain.words import about
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step
from avnwizard.errors import RefusedError
from avnwizard.flows.edge.watch import watched
from avnwizard.flows.flow import Around, Flow, Outcome, Touched
from avnwizard.flows.host import Host
from avnwizard.flows.rollback.cost_watch import CostWatch
from avnwizard.flows.stack.former_release import of_plan
from avnwizard.flows.steps.bake import NAME as BAKE
from avnwizard.flows.steps.bake import SEEN
from avnwizard.flows.steps.snapshot import TakeSnapshot
from avnwizard.flows.upgrade.report import change_facts, change_sections
from avnwizard.flows.upgrade.steps import scene_of, upgrade_steps
from avnwizard.planned import StepKind

_OLD_S = 3600.0


class Upgrade(Flow):
    """To another release, or to the same once more after its rollback."""

    kind = "upgrade"
    noun = "upgrade"
    doing = "upgrading the stack"
    finished = "The upgrade is done"
    subjects = frozenset({"services", "databases"})
    way_back = "rollback"
    crosses = frozenset({"rotate", "contract"})
    keeps_images = True
    staged = True

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """As its plan says."""
        del journal
        return upgrade_steps(scene_of(from_json(run.plan), host, run.id))

    def expected(self, host: Host, journal: Journal, run: RunRecord) -> Mapping[str, float]:
        """As its plan says, which knows what earlier runs took."""
        del host, journal
        return {step.name: step.seconds for step in from_json(run.plan).steps}

    def host_of(self, host: Host, journal: Journal, run: RunRecord) -> Host:
        """With the database that the plan was made for, and its files."""
        del journal
        plan = from_json(run.plan)
        there = of_plan(host, plan)
        return there.of_project(plan.project, plan.project_before) if plan.renames_files else there

    def around(self, host: Host, journal: Journal, feed: FeedWriter, run: RunRecord) -> Iterator[Around]:
        """What going back costs, and the probe of the edge."""
        del journal
        plan, folder = from_json(run.plan), host.state.run(run.id)
        yield CostWatch(host, feed, run.id, plan)
        yield watched(host, plan.probe, feed, folder, folder, during=TakeSnapshot.name)

    def require_fresh(self, steps: Sequence[StepRecord], run: RunRecord) -> None:
        """Before anything was migrated, an old snapshot is better taken again: a restore loses what came since."""
        taken = next((step for step in steps if step.kind is StepKind.SNAPSHOT and step.state == "done"), None)
        begun = any(step.state != "pending" and step.kind.moves for step in steps)
        if taken and not begun and (age_s := time.time() - taken.finished_at) > _OLD_S:
            raise RefusedError(
                f"The snapshot of run {run.id} is {about(age_s)} old, and nothing was migrated yet: a migration that "
                "fails would set your users back to then.",
                f"avnwizard rollback {run.id} puts the files back; then upgrade again, with a new snapshot.",
            )

    def snapshot(self, run: RunRecord) -> Path | None:
        """The folder in its plan, also in one that another version of avnwizard made."""
        try:
            snapshot = from_json(run.plan).snapshot
        except RefusedError:
            found = json.loads(run.plan).get("snapshot") or {}
            return Path(found["folder"]) if found.get("folder") else None
        return snapshot.folder if snapshot.taken else None

    def touched(self, journal: Journal, run: RunRecord) -> tuple[Touched, ...]:
        """All but one-shots and those that stay."""
        del journal
        return touched(from_json(run.plan))

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """Release, services, env file; how to be sure of them; what was seen while the release was watched."""
        plan = from_json(run.plan)
        tomorrow = [
            "check that users can sign in and receive mail",
            "watch the error rates and the gateway's log",
        ]
        if plan.snapshot.taken:
            tomorrow.append("keep the snapshot until you are sure, then: avnwizard snapshot prune")
        folder = str(plan.snapshot.folder) if plan.snapshot.taken else ""
        return Outcome(changes(plan), folder, tuple(tomorrow), but=_baked(journal, run))

    def tags(self, journal: Journal, run: RunRecord) -> tuple[str, str]:
        """As its plan says."""
        del journal
        plan = from_json(run.plan)
        return plan.current.tag, plan.target.tag

    def heading(self, journal: Journal, run: RunRecord) -> str:
        """With the product's name."""
        del journal
        return f"{from_json(run.plan).product}: {run.title}"

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """From which release to which, and the snapshot."""
        del journal
        return change_facts(from_json(run.plan), steps)

    def sections(self, journal: Journal, run: RunRecord) -> list[str]:
        """What was seen afterwards; services, env file, acknowledgements."""
        found = [f"- {printable(one, limit=400)}" for one in _baked(journal, run)]
        head = ["", "## Seen after it was verified", "", *found] if found else []
        return [*head, *change_sections(from_json(run.plan))]


def _baked(journal: Journal, run: RunRecord) -> tuple[str, ...]:
    """What speaks against the release, and the way back; () where nothing does."""
    seen = [str(one) for one in journal.facts(run.id, BAKE).get(SEEN, ())]
    return (*seen, f"to go back while it costs the least: avnwizard rollback {run.id}") if seen else ()


def touched(plan: Plan) -> tuple[Touched, ...]:
    """The services that an upgrade replaces or removes."""
    return tuple(
        Touched(part.service, part.strategy, part.image_old, part.image_new)
        for part in plan.services
        if part.strategy not in {"skip", "job"}
    )


def changes(plan: Plan, *, back: bool = False) -> tuple[tuple[str, str], ...]:
    """(label, text) of what an upgrade changed, or of what a rollback changed back."""
    old, new = (plan.target, plan.current) if back else (plan.current, plan.target)
    rolled = [part for part in plan.services if part.strategy in {"surge", "recreate", "retire"}]
    same = sum(part.strategy == "skip" for part in plan.services)
    edits = f"{len(plan.env)} setting{'' if len(plan.env) == 1 else 's'} {'as before' if back else 'changed'}"
    return (
        ("Release", f"{old.tag} → {new.tag}"),
        ("Services", f"{len(rolled)} changed, {same} unchanged"),
        ("Env file", edits if plan.env else "unchanged"),
    )

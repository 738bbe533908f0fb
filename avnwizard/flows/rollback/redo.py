"""Undoing a rollback: the databases that it set aside are put in place again, and the release with them."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from avnwizard.domain.plan import Again, Plan, from_json
from avnwizard.domain.postgres.names import set_aside
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.rollback.flow import Rollback
from avnwizard.flows.rollback.plan import rollback_from_json
from avnwizard.flows.stack.run_folder import CARRIED, EDITED, ENV_AFTER, ENV_BEFORE, RunFolder
from avnwizard.flows.upgrade.planning import Prepared
from avnwizard.flows.upgrade.steps import described


def last_rollback(runs: Sequence[RunRecord]) -> RunRecord | None:
    """The rollback that can be undone: the newest run, where it is one of an upgrade and finished; else None.

    Args:
        runs: every run of the journal, newest first.
    """
    newest = next(iter(runs), None)
    return newest if newest and newest.kind == Rollback.kind and newest.state == "done" else None


def redo_told(plan: Plan, *, brief: bool = False) -> tuple[str, ...]:
    """What undoing a rollback comes to, a sentence each: the release, the databases, what is stopped for them.

    Args:
        brief: the services that are stopped are not named.
    """
    again = plan.again
    assert again is not None
    told = [f"Back to {plan.target.tag}, as before rollback {again.rollback}."]
    if again.databases:
        many = "comes" if len(again.databases) == 1 else "come"
        kept = "rows written since are kept under another name"
        told.append(f"{', '.join(again.databases)} {many} back as before it; {kept}.")
    jobs = {part.service for part in plan.services if part.strategy == "job"}
    if stopped := [name for name in again.stop if name not in jobs]:
        each = f"Stopped first, each until it is rolled: {', '.join(stopped)}."
        told.append("Stopped first: the services that use the databases." if brief else each)
    return tuple(told)


def prepare_redo(host: Host, journal: Journal, run: RunRecord) -> Prepared:
    """The undone upgrade once more, with the databases as they were when it was rolled back.

    Args:
        run: the rollback.

    Raises:
        RefusedError: it is no finished rollback, the stack moved on since, or a database that it kept was dropped.
    """
    if run.kind != Rollback.kind or run.state != "done":
        raise RefusedError(f"{run.id} is no finished rollback of an upgrade.", "avnwizard runs")
    if newer := journal.later_than(run.id):
        raise RefusedError(f"Run {newer[0].id} came after the rollback.", "Upgrade again: avnwizard upgrade --to TAG")
    back = rollback_from_json(run.plan)
    _require_kept(host, run.id, back.databases)
    folder = RunFolder(host.state.run(run.undoes), host.files)
    env = folder.env(ENV_BEFORE)
    plan = replace(
        from_json(journal.run(run.undoes).plan),
        again=Again(run.id, back.databases, back.stop),
        env_sha256=hashlib.sha256(env).hexdigest(),
    )
    return Prepared(
        described(host, plan),
        env,
        folder.env(ENV_AFTER),
        folder.contents(EDITED),
        folder.contents(CARRIED),
        host.files.read(folder.path / "local-edits.patch"),
    )


def _require_kept(host: Host, run: str, databases: tuple[str, ...]) -> None:
    database = host.database()
    for name in databases:
        if not database.exists(set_aside(name, run)):
            raise RefusedError(
                f"{set_aside(name, run)}, which the rollback kept, is gone. Nothing was changed.",
                "Upgrade again instead: avnwizard upgrade --to TAG",
            )

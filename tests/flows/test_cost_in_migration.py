"""What going back costs while a migration is at work: its rows are not the users', and nobody's are forgotten."""

from pathlib import Path

import pytest

from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.step import StepContext
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.stack import baseline
from avnwizard.flows.stack.baseline import Baseline, look_after_job, look_before_job, written_since
from avnwizard.planned import PlannedStep, StepKind
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard
from tests.flows.test_going_back import execute

_USERS = {"public.identities": 1, "public.sessions": 14}
_THEY_WRITE = (
    "INSERT INTO identities (id, schema_id, traits) VALUES (md5('late')::uuid, 'default', '{}')",
    (
        "INSERT INTO sessions (id, identity_id, token, expires_at)"
        " SELECT md5('late' || n)::uuid, md5('late')::uuid, 'late' || n, now() FROM generate_series(1, 14) n"
    ),
)


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice stack with a snapshot."""
    checkout = practice_host.project.directory
    made = avnwizard("snapshot", "create", "--stack", checkout, "--proof", "read back")
    assert made.code == 0, made.err
    return open_host(checkout)


def _lost(host: Host, journal: Journal, *, migrating: bool) -> tuple[dict[str, int], int]:
    """(table -> rows that users of kratos wrote, rows written while the migration ran)."""
    newest, manifest = snapshots.all_whole(host.files, host.state.snapshots)[0]
    assert newest
    known = Baseline(manifest, {}, (baseline._job("kratos-migrate", journal.facts("run", "job:kratos-migrate")),))
    lost, migrated = written_since(host.database(), known, ["kratos"], migrating=migrating)
    ((_, found),) = lost
    return {table.name: table.total for table in found.tables}, migrated.rows


def test_a_running_migration_is_not_the_users(host: Host, practice_host: PracticeHost, tmp_path: Path) -> None:
    """While it runs, what users wrote before it is told and all since is its own; a crash makes it theirs again."""
    journal = Journal(tmp_path / "journal.db")
    step = "job:kratos-migrate"
    journal.create_run(
        "run",
        kind="upgrade",
        title="t",
        plan="{}",
        steps=[PlannedStep(step, "Run it", kind=StepKind.JOB, service=step.partition(":")[2])],
    )
    ctx = StepContext(journal, FeedWriter(tmp_path / "feed"), "run", step)
    execute(practice_host, "kratos", *_THEY_WRITE)
    look_before_job(ctx, host)
    execute(practice_host, "kratos", "UPDATE sessions SET token = token")
    sessions = host.database().row_counts("kratos")["public.sessions"]

    assert _lost(host, journal, migrating=True) == (_USERS, sessions)
    unknown, _ = _lost(host, journal, migrating=False)
    assert unknown == {**_USERS, "public.sessions": 14 + sessions}, "cut off by a crash: it may have been the users"

    look_after_job(ctx, host)
    assert _lost(host, journal, migrating=False) == (_USERS, sessions)

    look_before_job(ctx, host)
    execute(practice_host, "kratos", "UPDATE identities SET traits = traits")
    _, all_theirs = _lost(host, journal, migrating=True)
    assert all_theirs == sessions + host.database().row_counts("kratos")["public.identities"], "both attempts"

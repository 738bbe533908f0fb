"""Going back when much else is wrong: crash loops, conflicts in the checkout, no registry, images let go of."""

import subprocess
from pathlib import Path

from avnwizard.domain.postgres.names import is_aside
from avnwizard.errors import ExitCode
from avnwizard.flows.stack.kept_images import is_accepted, keep_name
from avnwizard.flows.stack.run_folder import ENV_LATE, LATE
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard
from tests.flows.test_going_back import execute, stack, upgraded, users_write

__all__ = ["stack"]
"""The fixture is used by its name."""


def _git(checkout: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(checkout), *words], check=False, capture_output=True)


def test_from_a_crash_loop_and_a_checkout_in_conflict(
    practice_host: PracticeHost, stack: Path, tmp_path: Path
) -> None:
    """A gateway that never gets healthy, a merge in conflict, a moved branch, an env file edited since: all back."""
    _git(stack, "checkout", "-q", "-B", "ours")
    images = {one.service: one.image_id for one in practice_host.stack.containers()}
    env, diff = (stack / ".env.production").read_bytes(), open_host(stack).repo.diff()
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    practice_host.order("unhealthy:gateway")
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
    assert said.code == ExitCode.STEP_FAILED
    compose = stack / "docker-compose.traefik.yml"
    mine = compose.read_text() + "\n# edited while the run stood still\n"
    compose.write_text(mine)
    (stack / "CHANGELOG.md").write_text("<<<<<<< ours\nmine\n=======\ntheirs\n>>>>>>> theirs\n")
    _git(stack, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "in mid-run", "CHANGELOG.md")
    _git(stack, "branch", "-f", "ours", "HEAD")
    _git(stack, "-c", "user.name=x", "-c", "user.email=x@x", "merge", "v1.4.2", "--no-commit")
    (stack / ".env.production").write_text("EDITED=1\n")

    back = avnwizard("rollback", "--stack", stack, "--yes")
    assert back.code == ExitCode.DONE, back.err
    host = open_host(stack)
    assert host.repo.head().tag == "v1.5.0"
    assert (host.repo.diff(), (stack / ".env.production").read_bytes()) == (diff, env)
    assert {one.service: one.image_id for one in practice_host.stack.containers()} == images
    undone = host.journal().runs()[1]
    kept = [file.read_bytes() for file in host.state.run(undone.id).glob(f"{LATE}.[0-9]*")]
    assert mine.encode() in kept
    assert (host.state.run(undone.id) / ENV_LATE).read_text() == "EDITED=1\n"
    assert "your edit of docker-compose.traefik.yml made during the run is kept" in back.err
    assert "the branch ours has moved" in back.err


def test_a_rollback_is_undone_and_that_is_rolled_back(
    practice_host: PracticeHost, stack: Path, tmp_path: Path
) -> None:
    """What users wrote before the rollback is back with the release; from there the way back is open once more."""
    upgraded(stack, tmp_path)
    users_write(practice_host)
    before = _rows(stack)
    assert avnwizard("rollback", "--stack", stack, "--yes").code == ExitCode.DONE
    assert _rows(stack) != before
    execute(practice_host, "kratos", "DELETE FROM sessions")
    again = avnwizard("redo", "--stack", stack, "--yes")
    assert again.code == ExitCode.DONE, again.err
    assert "Stopped first, each until it is rolled: pgbouncer, keto, kratos," in " ".join(again.err.split())
    assert open_host(stack).repo.head().tag == "v2.0.0"
    assert _rows(stack) == before
    names = [one.name for one in open_host(stack).database().databases()]
    assert len([name for name in names if "__redone_" in name]) == 4
    assert not [name for name in names if "__kept_" in name]
    refused = avnwizard("redo", "--stack", stack, "--yes")
    assert refused.code == ExitCode.REFUSED
    assert "came after the rollback" in refused.err
    looked = avnwizard("rollback", "--stack", stack, "--dry-run")
    assert "14 new sessions, 1 changed account and 1 new identity" in looked.out
    assert avnwizard("rollback", "--stack", stack, "--yes").code == ExitCode.DONE
    assert open_host(stack).repo.head().tag == "v1.5.0"


def _rows(stack: Path) -> dict[str, dict[str, int]]:
    database = open_host(stack).database()
    return {one.name: database.row_counts(one.name) for one in database.databases() if not is_aside(one.name)}


def test_when_postgres_itself_is_gone(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """Postgres goes back first; then the databases, since the migrations are known to have moved them."""
    rows = _rows(stack)
    upgraded(stack, tmp_path)
    server = practice_host.stack.containers("postgres")[0]
    practice_host.stack.stop(server.id, grace_s=1)
    plan = avnwizard("rollback", "--stack", stack, "--dry-run", "--json").data
    assert (plan["first"], plan["restore"]) == ("postgres", True)
    assert plan["why"] == "Postgres does not answer, and the migrations moved the schema, or may have"
    back = avnwizard("rollback", "--stack", stack, "--yes")
    assert back.code == ExitCode.DONE, back.err
    assert _rows(stack) == rows
    assert open_host(stack).repo.head().tag == "v1.5.0"


def test_without_a_registry_and_until_accepted(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """The old images are kept though their tags moved on and the registry is gone; accepting asks, and lets go."""
    before = {one.service: one.image_id for one in practice_host.stack.containers()}
    upgraded(stack, tmp_path)
    run = open_host(stack).journal().runs()[0]
    kept = keep_name(run.id, "gateway")
    assert practice_host.stack.image(kept)
    practice_host.order("pull")
    with practice_host.state.transaction() as db:
        assert db.execute("DELETE FROM image WHERE reference LIKE '%:v1.5.0'").rowcount > 5
    assert avnwizard("rollback", "--stack", stack, "--yes").code == ExitCode.DONE
    assert {one.service: one.image_id for one in practice_host.stack.containers()} == before
    assert practice_host.stack.image(kept)

    asked = avnwizard("accept", "--stack", stack)
    assert asked.code == ExitCode.USAGE
    assert "images of v1.5.0 are kept for going back" in asked.err
    assert "Give --yes" in asked.err
    assert practice_host.stack.image(kept)
    accepted = avnwizard("accept", "--yes", "--stack", stack)
    assert accepted.code == ExitCode.DONE, accepted.err
    assert "kept images may be pruned now" in accepted.err
    assert practice_host.stack.image(kept) is None
    assert is_accepted(open_host(stack).journal(), run.id)
    assert "nothing was kept any more" in avnwizard("accept", "--stack", stack).err


def test_a_new_upgrade_accepts_the_one_before(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """One that is unfinished cannot be accepted; the next upgrade's start lets go of what the last one kept."""
    upgraded(stack, tmp_path)
    journal = open_host(stack).journal()
    first = journal.runs()[0].id
    answers = answer_all(stack, "v2.1.0", tmp_path / "answers.toml")
    practice_host.order("pull")
    said = avnwizard("upgrade", "--to", "v2.1.0", "--stack", stack, "--yes", "--answers", answers)
    assert said.code == ExitCode.STEP_FAILED
    assert practice_host.stack.image(keep_name(first, "gateway")) is None
    second = journal.runs()[0].id
    assert practice_host.stack.image(keep_name(second, "gateway"))
    refused = avnwizard("accept", "--stack", stack)
    assert refused.code == ExitCode.REFUSED
    assert "only a finished upgrade can be accepted" in refused.err

"""A stack whose database is out of reach, or one of several: every surface says what is not protected."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.domain.answers import Answers, read_answers
from avnwizard.domain.postgres.choice import DatabaseChoice, choose_database
from avnwizard.errors import ExitCode, RefusedError
from avnwizard.flows.check import check
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade import inputs
from avnwizard.flows.upgrade.planning import Prepared, prepare
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard

NONE = '[postgres]\nservice = "none"\n'


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack at v1.5.0 that knows every release."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    return checkout


def _say_none(host: PracticeHost) -> None:
    folder = host.home / "state"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "avnwizard.toml").write_text(NONE)


def _prepared(host: Host, file: Path, target: str = "v2.0.0") -> Prepared:
    answers = answer_all(host.repo.directory, target, file)
    draft = inputs.draft(host, target)
    given: Answers = read_answers(answers.read_text(), source="test", current="v1.5.0", target=target)
    return prepare(host, draft, given)


def test_none_is_said_on_every_surface(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """`service = "none"`: no snapshot, no promise of a restore, no "no row lost", and a rollback wants a word."""
    _say_none(practice_host)
    findings = avnwizard("check", "--stack", stack, "--json").data
    said = [one["message"] for one in findings if one["check"] == "database"]
    assert said[0].startswith("No snapshot is taken: avnwizard.toml says that this stack has no database of its own")
    assert said[1].startswith("postgres runs PostgreSQL and is in no snapshot"), "what runs all the same is named"

    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    plan = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--json").data
    assert "snapshot" not in [step["name"] for step in plan["steps"]]
    assert said[0] in plan["warnings"]
    assert plan["verdict"].endswith("; avnwizard cannot undo it: no snapshot is taken")
    for step in plan["steps"]:
        assert "restored from the snapshot" not in step["going_back"]
    job = next(step for step in plan["steps"] if step["name"] == "job:avnology-migrate")
    assert "no snapshot is taken, avnwizard cannot undo it" in job["going_back"]
    shown = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--answers", answers).out
    assert "No snapshot is taken" in shown
    assert "restore" not in shown

    done = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
    assert done.code == ExitCode.DONE, done.err
    assert "no row lost" not in done.err.rpartition("avnology-migrate")[2]
    assert "none was taken: avnwizard.toml says" in avnwizard("show", "--stack", stack).out

    looked = avnwizard("rollback", "--stack", stack, "--dry-run")
    assert looked.code == ExitCode.DONE
    assert "no row lost" not in looked.out
    assert "avnology-migrate changed in a database that avnwizard cannot put back stays" in looked.out
    assert "may have changed a schema in postgres, which no snapshot holds" in looked.out
    refused = avnwizard("rollback", "--stack", stack, "--yes")
    assert refused.code == ExitCode.REFUSED
    assert "v1.5.0 will run on it as it is" in refused.err
    assert "--yes --accept-unrestored" in refused.err
    agreed = avnwizard("rollback", "--stack", stack, "--dry-run", "--json", "--accept-unrestored").data
    assert (agreed["restore"], agreed["consent"]) == (False, [])
    assert any("will run on it as it is" in note for note in agreed["notes"])
    assert open_host(stack).repo.head().tag == "v2.0.0"


def test_a_snapshot_by_hand_says_why_not(practice_host: PracticeHost, stack: Path) -> None:
    """Not that some service "does not run"."""
    _say_none(practice_host)
    said = avnwizard("snapshot", "create", "--stack", stack)
    assert said.code == ExitCode.REFUSED
    assert "There is no database to speak to: avnwizard.toml says" in said.err


def test_an_unknown_database_stops(stack: Path, tmp_path: Path) -> None:
    """None found, or one that is pointed at outside: check and plan stop and say how to name it."""
    host = open_host(stack)
    pointed = choose_database("", {"web": "other"}, reached={"db.example.com:5432": ("web",)})
    for number, choice in enumerate((choose_database("", {"web": "other"}), pointed)):
        lost = replace(host, choice=choice)
        stops = [one for one in check(lost) if one.level == "stop"]
        assert [(one.check, one.message) for one in stops] == [("database", choice.trouble)]
        assert "[postgres] service" in stops[0].hint
        with pytest.raises(RefusedError) as raised:
            _prepared(lost, tmp_path / f"{number}.toml")
        assert raised.value.message == f"{choice.trouble} Nothing was changed."


def test_other_servers_are_named(stack: Path, tmp_path: Path) -> None:
    """With one of several named, plan and check say of the others that no snapshot holds them."""
    host = replace(open_host(stack), choice=DatabaseChoice("postgres", ("audit-db",)))
    plan = _prepared(host, tmp_path / "answers.toml").plan
    left_out = "audit-db runs PostgreSQL and is in no snapshot: its databases do not go back in a rollback."
    assert left_out in plan.warnings
    assert left_out in [one.message for one in check(host)]
    titles = {step.name: step.title for step in plan.steps}
    assert titles["snapshot"] == "Take a snapshot of every database of postgres"
    job = next(step for step in plan.steps if step.name == "job:kratos-migrate")
    assert job.going_back.endswith("; what it changed in audit-db stays")


def test_a_run_keeps_its_database(stack: Path) -> None:
    """In mid-run the containers may tell of two servers, or of none: the plan says which one it is."""
    host = open_host(stack)
    two = replace(host, choice=choose_database("", {"postgres": "server", "new": "server"}))
    ours = two.of_run("postgres")
    assert (ours.postgres_service, ours.choice.others, ours.choice.trouble) == ("postgres", ("new",), "")
    assert ours.database().databases()
    assert two.of_run("") is two

"""A rehearsal through the command line on a practice stack: refused, checked by the operator, shown, in the plan."""

import json
import sys
from pathlib import Path

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.domain.rehearsal.order import Mark
from avnwizard.errors import ExitCode, RefusedError
from avnwizard.flows.rehearse.ending import without_literals
from avnwizard.flows.upgrade import inputs
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard
from tests.practice.test_rehearsal_crashes import planned

_CHECK = "import os, sys; print(os.environ['AVNWIZARD_REHEARSAL'], os.environ['AVNWIZARD_TO']); sys.exit(3)"


def _settings(practice: PracticeHost, text: str) -> None:
    (practice.project.directory / "avnwizard.toml").write_text(f"[rehearse]\n{text}\n")


def test_refused(practice_host: PracticeHost) -> None:
    """No release, an unknown one, no rehearsal yet, a run that is none: one error each, and nothing happens."""
    at = ("--stack", practice_host.project.directory)
    assert avnwizard("rehearse", *at).code == ExitCode.USAGE
    assert avnwizard("rehearse", "--to", "v9.9.9", *at).code == ExitCode.REFUSED
    assert "no finished rehearsal" in avnwizard("rehearse", "show", *at).err
    assert "nothing of a rehearsal is left" in avnwizard("rehearse", "forget", *at).err
    _settings(practice_host, "max_load = 0")
    assert "rehearse.max_load: Must be a number from 0.1" in avnwizard("rehearse", "--to", "v2.0.0", *at).err


def test_a_check_that_fails(practice_host: PracticeHost, tmp_path: Path) -> None:
    """The release comes up; the operator's check fails, so it ends with 3; the plan repeats it all."""
    directory = practice_host.project.directory
    _settings(practice_host, f"check = {json.dumps([sys.executable, '-c', _CHECK])}")
    answers = answer_all(directory, "v2.0.0", tmp_path / "answers.toml")
    words = ("rehearse", "--to", "v2.0.0", "--stack", directory, "--answers", answers)
    shown = avnwizard(*words, "--dry-run", "--json").data
    host = open_host(directory)
    secret = host.stack.resolve().raw["services"]["hydra"]["environment"]["SECRETS_SYSTEM"]
    assert set(shown["model"]["services"]) == {*(one["service"] for one in shown["target"]), "postgres"}
    assert secret not in json.dumps(shown)
    done = avnwizard(*words)
    assert done.code == ExitCode.REFUSED, done.err
    assert "check | avnology-rehearsal v2.0.0" in done.err + done.out
    found = avnwizard("rehearse", "show", "--stack", directory, "--json").data
    assert (found["comes_up"], found["old_code"]) == (False, "breaks")
    assert found["check"] == "it ended with exit code 3"
    plan = avnwizard("plan", "--to", "v2.0.0", "--stack", directory, "--answers", answers, "--json").data
    assert plan["rehearsed"] == found["sentences"]
    assert any("going back needs a restore" in one for one in plan["rehearsed"])
    report = avnwizard("report", "--stack", directory, "--format", "md").out
    assert "## In the copy" in report
    assert "| avnology-migrate | finished" in report
    assert host.rehearsals().left(Mark("avnology")) == ()


def test_an_upgrade_that_is_rehearsed_first(practice_host: PracticeHost, tmp_path: Path) -> None:
    """It begins only where the release came up in the copy; its plan holds what that showed."""
    directory = practice_host.project.directory
    answers = answer_all(directory, "v2.0.0", tmp_path / "answers.toml")
    words = ("upgrade", "--to", "v2.0.0", "--stack", directory, "--answers", answers, "--rehearse", "--yes")
    refused = avnwizard(*words, "--detach")
    assert (refused.code, "does not go with --detach" in refused.err) == (ExitCode.USAGE, True)

    _settings(practice_host, f"check = {json.dumps([sys.executable, '-c', _CHECK])}")
    stopped = avnwizard(*words)
    assert stopped.code == ExitCode.REFUSED, stopped.err
    assert "The upgrade was not begun." in stopped.err
    host = open_host(directory)
    assert [run.kind for run in host.journal().runs()] == ["rehearsal"]

    _settings(practice_host, "")
    done = avnwizard(*words)
    assert done.code == ExitCode.DONE, done.err
    assert [run.kind for run in host.journal().runs()] == ["upgrade", "rehearsal", "rehearsal"]
    assert "## Rehearsed before" in avnwizard("report", "--stack", directory, "--format", "md").out


def test_a_database_that_cannot_be_isolated(practice_host: PracticeHost) -> None:
    """It is refused before anything starts, and the error says why."""
    file = practice_host.project.files[0]
    text = file.read_text()
    file.write_text(text.replace("  postgres:\n", "  postgres:\n    privileged: true\n", 1))
    assert file.read_text() != text
    host = open_host(practice_host.project.directory)
    with pytest.raises(RefusedError, match="postgres cannot be isolated: it is privileged"):
        planned(host, "v2.0.0")
    assert host.rehearsals().left(Mark("avnology")) == ()


def test_a_release_that_was_not_rehearsed(practice_host: PracticeHost) -> None:
    """Its plan says nothing of a rehearsal."""
    host = open_host(practice_host.project.directory)
    host.repo.fetch()
    draft = inputs.draft(host, "v2.0.0")
    assert prepare(host, draft, Answers().accepting(draft.decisions(Answers()))).plan.rehearsed == ()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "ALTER TABLE accounts ADD COLUMN region text DEFAULT 'eu'",
            "ALTER TABLE accounts ADD COLUMN region text DEFAULT ?",
        ),
        ("UPDATE a SET b = 'it''s secret' WHERE id = 42", "UPDATE a SET b = ? WHERE id = ?"),
        ("DO $body$ BEGIN PERFORM 'x'; END $body$", "DO ?"),
        ("SELECT '\x1b[31mred'", "SELECT ?"),
    ],
)
def test_statements_without_literals(said: str, kept: str) -> None:
    """What is kept of a slow statement holds no value."""
    assert without_literals(said) == kept

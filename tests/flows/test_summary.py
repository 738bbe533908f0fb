"""What stands right above the question, and how a run is told: for people in ten lines, for programs in objects."""

import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from avnwizard.cli.everywhere import hoisted
from avnwizard.cli.summary import MOST, summary
from avnwizard.domain.answers import Answers
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plan import Plan
from avnwizard.errors import ExitCode
from avnwizard.flows.upgrade import inputs
from avnwizard.flows.upgrade.noticing import noticed
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.planned import PlannedStep, StepKind, wave_of
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard


@pytest.fixture
def checkout(practice_host: PracticeHost) -> Path:
    """The practice stack with its newer releases fetched."""
    folder = practice_host.project.directory
    subprocess.run(["git", "-C", str(folder), "fetch", "-q", "--tags"], check=True)
    return folder


def _plan(checkout: Path) -> Plan:
    host = open_host(checkout)
    draft = inputs.draft(host, "v2.0.0")
    return prepare(host, draft, Answers().accepting(draft.decisions(Answers()))).plan


def test_ten_lines_say_what_it_comes_to(checkout: Path) -> None:
    """Never more than ten, whatever the plan warns of; the command for all the rest is the last."""
    plan = _plan(checkout)
    lines = summary(plan, answers="my answers.toml")
    assert len(lines) <= MOST
    assert lines[0] == "Avnology ID: v1.5.0 to v2.0.0 (major)"
    assert lines[-1].endswith("command: avnwizard plan --to v2.0.0 --answers 'my answers.toml'")
    assert any("2 renamed, 2 added, 1 commented out; 4 breaking changes, acknowledged" in line for line in lines)
    many = summary(replace(plan, warnings=tuple(f"warning {n}" for n in range(40))))
    assert len(many) <= MOST
    assert many[-1].startswith("  38 more warnings and every command: ")
    none = summary(replace(plan, snapshot=replace(plan.snapshot, taken=False, why_not="because")))
    assert "  snapshot   NONE is taken: there is no way back once migrations ran (because)" in none


def test_a_migration_says_what_users_notice(checkout: Path) -> None:
    """As the verdict on its SQL has it: from its step until the services that need it are rolled, in seconds too."""
    plan = _plan(checkout)
    notices = {step.service: step.interrupts for step in plan.steps if step.kind is StepKind.JOB}
    titles = [step.title for step in plan.steps]
    first, last = wave_of(plan.steps, titles.index("Roll hydra"))
    assert {plan.steps[number].service for number in range(first, last + 1)} >= {"hydra", "kratos", "keto"}
    told = rf"on the new schema requests may fail to hydra until step {last + 1} \(about .+\)"
    assert re.fullmatch(told, notices["hydra-migrate"])
    together, later = notices["avnology-migrate"].split("; to ")
    assert together.startswith("on the new schema requests may fail to audit, risk, saml, webhook until step ")
    assert later.startswith("gateway until step ")
    failing = plan.steps[titles.index("Run avnology-migrate") + 1 :][:4]
    assert {step.service for step in failing} == {"audit", "risk", "saml", "webhook"}, "nothing comes between"
    calm = noticed(replace(plan, steps=_unnoticed(plan)), _model(checkout), breaks=False, unjudged=())
    assert not any(step.interrupts for step in calm.steps if step.kind is StepKind.JOB)


def _unnoticed(plan: Plan) -> tuple[PlannedStep, ...]:
    return tuple(replace(step, interrupts="") if step.kind is StepKind.JOB else step for step in plan.steps)


def _model(checkout: Path) -> ComposeModel:
    return open_host(checkout).stack.resolve()


def test_the_summary_stands_above_the_question_and_nothing_else(checkout: Path, tmp_path: Path) -> None:
    """On a terminal `upgrade` prints it, then asks; another word changes nothing. --verbose prints the plan first."""
    answers = answer_all(checkout, "v2.0.0", tmp_path / "answers.toml")
    words = ["upgrade", "--to", "2.0.0", "--stack", str(checkout), "--answers", str(answers)]
    code, shown = _at_a_terminal(*words)
    assert code == ExitCode.REFUSED
    lines = shown.splitlines()
    asked = next(number for number, line in enumerate(lines) if line.startswith("Type v2.0.0 to start"))
    assert asked <= 2 * MOST, "lines wrap at the terminal's width"
    assert lines[0].startswith("Avnology ID: v1.5.0 to v2.0.0")
    code, shown = _at_a_terminal(*words, "--verbose")
    assert "$ docker compose" in shown.partition("Type v2.0.0 to start")[0]
    assert open_host(checkout).journal().runs() == []


def _at_a_terminal(*words: str) -> tuple[int, str]:
    """The exit code and all that was shown, where "no" is typed."""
    ours, theirs = pty.openpty()
    os.write(ours, b"no\n")
    done = subprocess.run(
        [sys.executable, "-m", "avnwizard", *words], stdin=theirs, capture_output=True, text=True, check=False
    )
    os.close(theirs)
    os.close(ours)
    return done.returncode, done.stdout + done.stderr


def test_a_run_is_told_in_objects(checkout: Path, tmp_path: Path) -> None:
    """--progress json behind the verb: one object a line on stdout, the last one with the exit code; ISO times."""
    answers, log = answer_all(checkout, "v2.0.0", tmp_path / "answers.toml"), tmp_path / "said.log"
    words = ("upgrade", "--to", "v2.0.0", "--stack", checkout, "--yes", "--answers", answers)
    said = avnwizard(*words, "--progress", "json", "--log", log, "--quiet")
    assert said.code == ExitCode.DONE, said.err
    found = [json.loads(line) for line in said.out.splitlines()]
    assert {"step", "say", "run"} <= {one["kind"] for one in found}
    assert found[-1]["kind"] == "end"
    assert (found[-1]["state"], found[-1]["exit_code"]) == ("done", 0)
    assert all(datetime.fromisoformat(one["at"]).tzinfo for one in found)
    assert said.err == ""
    lines = log.read_text().splitlines()
    assert any(line.endswith(" Roll hydra: done") for line in lines)
    assert all(datetime.fromisoformat(line.split(" ", 1)[0]).tzinfo for line in lines)
    assert log.stat().st_mode & 0o777 == 0o600
    back = avnwizard("rollback", "--yes", "--stack", checkout)
    assert back.code == 0, "what was asked is done"
    assert datetime.fromisoformat(back.err.splitlines()[-3].split(" ", 1)[0]).tzinfo
    again = avnwizard("attach", found[-1]["run"], "--stack", checkout)
    assert again.code == ExitCode.ROLLED_BACK, "the run that was watched is rolled back"


def test_options_of_every_verb_stand_anywhere() -> None:
    """Moved to the front with their values; what follows -- is the verb's own."""
    assert hoisted(["upgrade", "--to", "v2", "-q", "--log", "x", "--progress=json"]) == [
        "-q", "--log", "x", "--progress=json", "upgrade", "--to", "v2",
    ]  # fmt: skip
    assert hoisted(["show", "--", "--quiet"]) == ["show", "--", "--quiet"]
    assert hoisted(["show", "--log"]) == ["--log", "show"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plan", "--to", "v2.1.O"), "Did you mean v2.1.0?"),
        (("plan", "--to", "2.1.O"), "Did you mean v2.1.0?"),
        (("status", "--log", "/no/such/folder/x"), "The log /no/such/folder/x cannot be written"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(checkout: Path, words: tuple[str, ...], said: str) -> None:
    """One error, one hint, and nothing changed."""
    found = avnwizard(*words, "--stack", checkout)
    assert found.code in {ExitCode.REFUSED, ExitCode.USAGE}
    assert said in " ".join(found.err.split())


def test_status_says_where_the_release_stands_in_time(checkout: Path) -> None:
    """How old it is, how many are newer, and until when its Postgres is supported."""
    said = avnwizard("status", "--stack", checkout).err
    assert re.search(r"Avnology ID v1\.5\.0: \d+ (months|years) old, 2 newer releases known here", said)
    assert "PostgreSQL 17 is supported until 2029-11-08." in said


def test_the_stack_may_stand_in_front_of_the_verb(checkout: Path) -> None:
    """`avnwizard --stack DIR VERB` is `avnwizard VERB --stack DIR`; -h is --help."""
    assert avnwizard("--stack", checkout, "runs", "--json").data == []
    short, long = avnwizard("runs", "-h"), avnwizard("runs", "--help")
    assert (short.code, short.out) == (0, long.out)

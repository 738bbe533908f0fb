"""The state that an earlier version left opens: made by `avnwizard demo` of commit e0a8e61, with five rows a table.

`finished.tar.xz`: an upgrade that was carried to its end, a snapshot by hand after it (journal only).
`unfinished.tar.xz`: `demo --fail disk`, an upgrade that stopped while it took its snapshot.
"""

import json
import re
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from tests.flows.cli import avnwizard

_LEFT = Path(__file__).parent / "state_0_1_0"
_FINISHED, _UNFINISHED = "20261128-031719-1d", "20261128-031944-af"
_MADE_IN = re.compile(r"/tmp/fix/[a-z0-9]+")  # noqa: S108 - where the fixtures were made
_TEXTS = (("runs", "plan"), ("runs", "message"), ("facts", "value"))


def _open(host: PracticeHost, name: str) -> Path:
    """Put a state in the place of the practice host's own, as if it had been made there; the checkout."""
    state = host.home / "state"
    with tarfile.open(_LEFT / f"{name}.tar.xz") as archive:
        archive.extractall(state, filter="data")
    with closing(sqlite3.connect(state / "journal.db")) as journal, journal:
        for table, column in _TEXTS:
            for row, text in journal.execute(f"SELECT rowid, {column} FROM {table}").fetchall():
                there = _MADE_IN.sub(str(host.home), text)
                journal.execute(f"UPDATE {table} SET {column}=? WHERE rowid=?", (there, row))
    return host.project.directory


def _with_its_secrets(host: PracticeHost, run: str) -> None:
    """Each practice host has secrets of its own: give the run those of this one."""
    folder, now = host.home / "state" / "runs" / run, host.project.env_file.read_bytes()
    before, after = (folder / "env.before").read_bytes(), (folder / "env.after").read_bytes()
    for old, new in zip(before.splitlines(), now.splitlines(), strict=True):
        if old != new:
            after = after.replace(old.partition(b"=")[2], new.partition(b"=")[2])
    (folder / "env.before").write_bytes(now)
    (folder / "env.after").write_bytes(after)
    with closing(sqlite3.connect(host.home / "state" / "journal.db")) as journal, journal:
        hashes = sha256(before).hexdigest(), sha256(now).hexdigest()
        journal.execute("UPDATE runs SET plan=replace(plan, ?, ?)", hashes)


def _with_its_commits(host: PracticeHost) -> None:
    """The simulated product has changed since: give the run the commits that its tags have now."""
    with closing(sqlite3.connect(host.home / "state" / "journal.db")) as journal, journal:
        (text,) = journal.execute("SELECT plan FROM runs WHERE id=?", (_UNFINISHED,)).fetchone()
        plan = json.loads(text)
        for side in ("current", "target"):
            git = ["git", "-C", str(host.project.directory), "rev-parse", f"{plan[side]['tag']}^{{commit}}"]
            now = subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()
            text = text.replace(plan[side]["commit"], now)
        journal.execute("UPDATE runs SET plan=? WHERE id=?", (text, _UNFINISHED))


def test_a_finished_run_and_its_snapshot_show(practice_host: PracticeHost) -> None:
    """The run is listed with its steps and its report; the snapshot is whole; the other journal opens."""
    stack = _open(practice_host, "finished")
    snapshot_run, run = avnwizard("runs", "--stack", stack, "--json").data
    assert (snapshot_run["kind"], snapshot_run["state"]) == ("snapshot", "done"), "it came from the other journal"
    assert avnwizard("show", "--stack", stack, "--json").data["id"] == snapshot_run["id"]
    assert (run["id"], run["state"], run["title"]) == (_FINISHED, "done", "v1.5.0 to v2.0.0")
    shown = avnwizard("show", run["id"], "--stack", stack, "--json").data
    assert {step["state"] for step in shown["steps"]} == {"done"}
    assert len(shown["steps"]) == 27
    assert shown["probe"]["total"]["sent"] > 0
    text = avnwizard("show", run["id"], "--stack", stack)
    assert (text.code, "v1.5.0" in text.out) == (ExitCode.DONE, True)
    (snapshot,) = avnwizard("snapshot", "list", "--stack", stack, "--json").data
    assert Path(snapshot["folder"]).name == "20261128-031718-v1.5.0"
    verified = avnwizard("snapshot", "verify", "20261128-031718-v1.5.0", "--stack", stack)
    assert verified.code == ExitCode.DONE, verified.err
    found = avnwizard("check", "--stack", stack, "--json").data
    assert [one["message"] for one in found if one["check"] == "runs"] == ["No unfinished run."]


def test_an_unfinished_run_goes_on(practice_host: PracticeHost) -> None:
    """It stopped before it changed anything; this version carries it to its end."""
    stack = _open(practice_host, "unfinished")
    _with_its_secrets(practice_host, _UNFINISHED)
    assert avnwizard("releases", "--stack", stack).code == ExitCode.DONE, "it fetches the tags"
    _with_its_commits(practice_host)
    resumed = avnwizard("resume", "--stack", stack)
    assert resumed.code == ExitCode.DONE, resumed.err
    assert [one["state"] for one in avnwizard("runs", "--stack", stack, "--json").data] == ["done"]
    assert avnwizard("status", "--stack", stack, "--json").data["tag"] == "v2.0.0"


@pytest.mark.parametrize(("version", "named"), [("", "the version of avnwizard that started it"), ("9.8.7", "9.8.7")])
@pytest.mark.parametrize("how", ["steps", "plan"])
def test_what_this_version_cannot_carry_is_refused(
    practice_host: PracticeHost, version: str, named: str, how: str
) -> None:
    """Other steps, or a plan of another shape: exit 3 at once, with the version to use, and no process starts."""
    stack = _open(practice_host, "unfinished")
    with closing(sqlite3.connect(practice_host.home / "state" / "journal.db")) as journal, journal:
        if how == "steps":
            journal.execute("UPDATE steps SET name='fetch-images' WHERE name='pull'")
        else:
            journal.execute("UPDATE runs SET plan=json_remove(plan, '$.target')")
        if version:
            journal.execute("INSERT INTO facts VALUES(?, '', 'version', ?)", (_UNFINISHED, json.dumps(version)))
    refused = avnwizard("resume", "--stack", stack)
    assert refused.code == ExitCode.REFUSED, refused.err
    assert named in refused.err
    assert not (practice_host.home / "state" / "runs" / _UNFINISHED / "process.log").read_bytes()
    assert [one["state"] for one in avnwizard("runs", "--stack", stack, "--json").data] == ["failed"]

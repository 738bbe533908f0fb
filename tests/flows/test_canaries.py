"""Canaries in the env file: no verb, journal, report, feed or temporary file may ever hold one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from tests.flows.cli import Said, answer_all, avnwizard

CANARY = "CaNaRy"
SEEDED = f"""\
PGPASSWORD={CANARY}01
MYSQLPASSWORD={CANARY}02
AUTHTOKEN={CANARY}03
GITHUB_PAT=ghp_{CANARY}0404040404
PASSPHRASE="{CANARY}05 with spaces"
SESSION_KEYS={CANARY}06,{CANARY}07
ADMIN_HTPASSWD='admin:$apr1${CANARY}08$abcdefgh'
BASIC_AUTH={CANARY}09
CLIENTSECRET={CANARY}10
LDAP_BIND_PW={CANARY}11
NOTHING_IN_THE_NAME=sk_live_{CANARY}12121212
ALSO_NOTHING=eyJhbGciOiJIUzI1NiJ9.{CANARY}13.sig
DATABASE=postgres://u:pa/{CANARY}14@h/db?password={CANARY}15
CLONE_FROM=https://ghp_{CANARY}16@git.example/x.git
CONNECTION=Server=h;Pwd={CANARY}17;Database=d
TLS_PRIVATE="-----BEGIN PRIVATE KEY-----
{CANARY}18
-----END PRIVATE KEY-----"
# OLD_DB_PASSWORD={CANARY}19
"""
_KEPT = ("env.before", "env.after", "local-edits.patch")
"""What a run's folder holds on purpose, 0600: the env files themselves. A snapshot holds one as well."""


@pytest.fixture
def stack(practice_host: PracticeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout of a practice stack whose env file holds canaries at every place that an edit shows."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    env_file = checkout / ".env.production"
    lines = []
    for line in env_file.read_text().splitlines(keepends=True):
        key = line.partition("=")[0]
        if key == "SMTP_URL":
            lines += [SEEDED, f"SMTP_URL=smtps://mailer:{CANARY}20@{CANARY}21@mail.example.test:465\n"]
        elif key == "AUDIT_LEGACY_SINK":
            lines.append(f"AUDIT_LEGACY_SINK=https://audit:{CANARY}22/{CANARY}23@sink.example\n")
        else:
            lines.append(line)
    env_file.write_text("".join(lines))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return checkout


def _leaks(*folders: Path) -> list[str]:
    """The files below some folders that hold a canary."""
    return [
        str(file)
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file() and file.name not in _KEPT and CANARY.encode() in file.read_bytes()
    ]


def _quiet(said: Said) -> Said:
    assert CANARY not in said.out + said.err
    return said


def test_no_verb_says_a_secret_and_nothing_keeps_one(stack: Path, tmp_path: Path) -> None:
    """What is read before an upgrade, the upgrade itself and what is read afterwards: output, journal, folders."""
    state, tmp, answers = stack.parent / "state", tmp_path / "tmp", tmp_path / "answers.toml"
    here = ("--stack", stack)
    answer_all(stack, "v2.0.0", answers)
    assert CANARY not in answers.read_text()
    answers.write_text(answers.read_text().replace("{generate = true}", f'"{CANARY}24-of-the-gateway"'))
    to = (*here, "--to", "v2.0.0", "--answers", answers)

    assert _quiet(avnwizard("check", *here)).code == ExitCode.DONE
    assert _quiet(avnwizard("releases", *here)).code == ExitCode.DONE
    assert _quiet(avnwizard("plan", *to)).code == ExitCode.DONE
    shown = {edit["key"]: edit["shown"] for edit in _quiet(avnwizard("plan", *to, "--json")).data["env"]}
    assert shown["SMTP_URL"] == "smtps://***@mail.example.test:465"
    assert shown["AUDIT_LEGACY_SINK"] == "https://***@sink.example"
    assert shown["GATEWAY_SIGNING_SECRET"] == "***"
    for option in ([], ["--json"]):
        _quiet(avnwizard("env", "diff", stack / ".env.example", stack / ".env.production", *option))
    assert _leaks(state, tmp) == []

    assert _quiet(avnwizard("upgrade", *to, "--yes")).code == ExitCode.DONE
    for verb in (["status"], ["runs"], ["show", "--json"], ["show"], ["rollback", "--dry-run", "--json"]):
        assert _quiet(avnwizard(*verb, *here)).code == ExitCode.DONE, verb
    assert f"{CANARY}24" in (stack / ".env.production").read_text()
    assert _leaks(state / "runs", tmp) == []
    assert [file for file in _leaks(state) if "snapshots" not in file] == []


def test_a_complaint_about_the_env_file_quotes_no_secret(stack: Path) -> None:
    """Neither of a line that cannot be read nor of a dollar that begins nothing."""
    env_file = stack / ".env.production"
    whole = env_file.read_text()
    for broken in (f"{CANARY}/rest-of-a-key=\n", f"DB_PASSWORD=a${{{CANARY} b\n"):
        env_file.write_text(whole + broken)
        for verb in (["check"], ["plan", "--to", "v2.0.0"], ["status"]):
            assert _quiet(avnwizard(*verb, "--stack", stack)).code != ExitCode.DONE, verb


_SLOW = """
import sys, time
from avnwizard.practice.stack import PracticeStack
resolve = PracticeStack.resolve
def slow(self, files=(), env_file=None):
    if env_file:
        assert b"CaNaRy" in env_file.read_bytes()
        print("reading", flush=True)
        time.sleep(600)
    return resolve(self, files, env_file)
PracticeStack.resolve = slow
from avnwizard.__main__ import main
main()
"""
"""The command line, with a Compose that takes long over another release's files."""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_while_planning_leaves_nothing(stack: Path, tmp_path: Path, number: signal.Signals) -> None:
    """A dropped line, a machine that shuts down, a kill: no file with secrets stays; the signal is what ends it."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # what is ignored is inherited, as from nohup
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", _SLOW, "plan", "--to", "v2.0.0", "--stack", str(stack), "--answers", str(answers)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGHUP, before)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"reading\n"
        os.kill(process.pid, number)
        assert process.wait(timeout=60) == -number
    assert _leaks(stack.parent / "state", tmp_path / "tmp") == []

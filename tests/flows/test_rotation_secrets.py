"""No secret of a rotation shows in files, processes or screens. Only the env file holds it in clear."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avnwizard.errors import ExitCode
from avnwizard.flows.host import Host
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard
from tests.flows.test_rotation import HYDRA, KRATOS, env_value, expire_all


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice stack at v1.5.0."""
    return open_host(practice_host.project.directory)


def _watched(host: Host, *words: str) -> tuple[bytes, list[bytes]]:
    """Run a command: what it wrote, and the argv and environment of every process meanwhile."""
    argv = [sys.executable, "-m", "avnwizard", *words, "--stack", str(host.repo.directory), "--yes"]
    seen: set[bytes] = set()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        said = b""
        while process.poll() is None:
            said += process.stdout.read() or b""
            seen |= _processes()
            time.sleep(0.02)
        os.set_blocking(process.stdout.fileno(), True)
        said += process.stdout.read()
    assert process.returncode == ExitCode.DONE, said.decode()
    return said, sorted(seen)


def _processes() -> set[bytes]:
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                found.add((place / name).read_bytes())
            except OSError:
                continue  # it has ended, or is not ours
    return found


def _files(*folders: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_nothing_shows_a_secret(practice_host: PracticeHost, host: Host) -> None:
    """State folder with journal, feeds and reports, git folder, process table, environments, output: none."""
    values, said, seen = {env_value(host, HYDRA), env_value(host, KRATOS)}, b"", list[bytes]()
    for words in (("rotate", "hydra"), ("rotate", "hydra"), ("rotate", "kratos")):
        more, processes = _watched(host, *words)
        said, seen = said + more, seen + processes
        values |= {one for name in (HYDRA, KRATOS) for one in env_value(host, name).split(",")}
    expire_all(practice_host)
    more, processes = _watched(host, "rotate", "hydra")
    said, seen = said + more, seen + processes
    for verb in (("status",), ("status", "--json"), ("check", "--json"), ("show", "--json"), ("runs", "--json")):
        told = avnwizard(*verb, "--stack", host.repo.directory)
        said += told.out.encode() + told.err.encode()
    assert len(values) == 4
    files = _files(host.state.folder, host.repo.git_dir)
    assert any(b"rotate hydra, phase 2" in content for content in files.values()), "the journal is among them"
    for value in (one.encode() for one in values):
        assert value not in said
        assert not [argv[:80] for argv in seen if value in argv]
        assert not [path for path, content in files.items() if value in content]


def test_pending_in_status_and_check(practice_host: PracticeHost, host: Host) -> None:
    """What waits, since when, from when it is safe; once it is done, its age. `forget` destroys the old secret."""
    stack = ("--stack", str(host.repo.directory))
    _watched(host, "rotate", "hydra")
    assert "has waited for phase 2 of 3" in avnwizard("status", *stack).err
    refused = avnwizard("rotate", "forget", "hydra", "--yes", *stack)
    assert refused.code == ExitCode.REFUSED
    _watched(host, "rotate", "hydra")
    (told,) = avnwizard("status", "--json", *stack).data["rotations"]
    assert (told["secret"], told["phase"], told["pending"], told["needed_by"]) == ("hydra", 2, True, 2000)
    found = [one for one in avnwizard("check", "--json", *stack).data if one["check"] == "rotation"]
    assert {one["level"] for one in found[1:]} == {"ok"}, "the ages of the other secrets"
    assert found[0]["level"] == "warn"
    assert "Now: 2,000 refresh tokens still need the old secret" in found[0]["message"]
    refused = avnwizard("rotate", "hydra", "--yes", *stack)
    assert (refused.code, "--ends 2000" in refused.err) == (ExitCode.REFUSED, True)
    expire_all(practice_host)
    _watched(host, "rotate", "hydra")
    found = [one for one in avnwizard("check", "--json", *stack).data if one["check"] == "rotation"]
    assert ("ok", "Hydra's system secret was rotated 0 days ago.") in [
        (one["level"], one["message"]) for one in found
    ]
    assert avnwizard("rotate", "forget", "hydra", "--yes", *stack).code == ExitCode.DONE
    assert "no old secret is kept" in avnwizard("rotate", "forget", "hydra", "--yes", *stack).err
    back = avnwizard("rollback", "--yes", *stack)
    assert back.code != ExitCode.DONE
    assert "old secret of this rotation is not in" in back.err

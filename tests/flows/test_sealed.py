"""A snapshot belongs to its stack: its seal says so. Without one it is only restored if somebody vouches for it."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.domain.snapshot import Manifest
from avnwizard.errors import ExitCode
from avnwizard.flows.snapshot import seal, snapshots
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import Said, avnwizard
from tests.flows.in_process import take
from tests.flows.test_going_back import execute, upgraded, users_write
from tests.flows.test_going_back import stack as stack  # noqa: PLC0414 - a fixture


def _restore(checkout: Path, *words: str) -> Said:
    return avnwizard("snapshot", "restore", *words, "--database", "keto", "--yes", "--stack", checkout)


def _altered(checkout: Path, folder: Path, alter: Callable[[Manifest], Manifest]) -> None:
    """As somebody would do it who can write to the snapshot, and cannot read the key: all but the seal fits."""
    files = open_host(checkout).files
    manifest = alter(snapshots.load(files, folder))
    (folder / snapshots.MANIFEST).write_bytes(snapshots.to_json(manifest))
    told = files.measure(folder / snapshots.MANIFEST)
    (folder / snapshots.SUMS).write_bytes(snapshots.sums(told, manifest.parts()))


@pytest.fixture
def folder(practice_host: PracticeHost) -> Path:
    """The snapshot of a practice stack."""
    return take(open_host(practice_host.project.directory), proof="read back")


@pytest.mark.parametrize("how", ["changed", "seal taken away", "key gone", "another project"])
def test_what_is_not_ours_is_not_restored_unasked(practice_host: PracticeHost, folder: Path, how: str) -> None:
    """Refused with the reason before anything changes; restored where the operator vouches for it."""
    checkout = practice_host.project.directory
    host = open_host(checkout)
    names = [one.name for one in host.database().databases()]
    said = {
        "changed": "it was changed after it was taken",
        "seal taken away": "No key vouches for it",
        "key gone": "is gone",
        "another project": "It is of the project elsewhere; this one is",
    }[how]
    match how:
        case "changed":
            _altered(checkout, folder, lambda told: replace(told, tag="v9.9.9"))
        case "seal taken away":
            (folder / seal.SEAL).unlink()
        case "key gone":
            (host.state.folder / seal.KEY).unlink()
        case _:
            _altered(checkout, folder, lambda told: replace(told, project="elsewhere"))
            seal.put_seal(host, folder)
    refused = _restore(checkout)
    assert refused.code == ExitCode.REFUSED, refused.err
    assert said in refused.err
    assert "--foreign" in refused.err
    assert [one.name for one in host.database().databases()] == names
    verified = avnwizard("snapshot", "verify", "--stack", checkout, "--json").data
    assert said in " ".join(verified["doubts"])
    done = _restore(checkout, "--foreign")
    assert done.code == ExitCode.DONE, done.err


def test_ours_is_restored_without_a_question(practice_host: PracticeHost, folder: Path) -> None:
    """The key is private, no part of a snapshot, and one for all snapshots of the stack."""
    checkout = practice_host.project.directory
    host = open_host(checkout)
    key = host.state.folder / seal.KEY
    assert key.stat().st_mode & 0o777 == 0o600
    again = take(host, proof="read back")
    assert [seal.look(host, one) for one in (folder, again)] == ["ours", "ours"]
    assert not [one for one in folder.iterdir() if key.read_bytes() in one.read_bytes()]
    assert avnwizard("snapshot", "verify", "--stack", checkout, "--json").data["doubts"] == []
    assert _restore(checkout).code == ExitCode.DONE


def test_another_stacks_snapshot_is_not_taken_for_ours(
    practice_host: PracticeHost, folder: Path, tmp_path: Path
) -> None:
    """Given by its path, with a key of its own that is not here."""
    checkout = practice_host.project.directory
    host = open_host(checkout)
    other = tmp_path / folder.name
    shutil.copytree(folder, other)
    ours = (host.state.folder / seal.KEY).read_bytes()
    (host.state.folder / seal.KEY).write_bytes(b"ab" * 32)
    seal.put_seal(host, other)
    (host.state.folder / seal.KEY).write_bytes(ours)
    refused = _restore(checkout, str(other))
    assert refused.code == ExitCode.REFUSED
    assert "another stack's key" in refused.err


@pytest.mark.parametrize("taken_away", [False, True])
def test_a_rollback_restores_from_what_was_sealed_alone(
    practice_host: PracticeHost, stack: Path, tmp_path: Path, taken_away: bool
) -> None:
    """The journal remembers that the snapshot was sealed: taking the seal away is seen as a change is."""
    upgraded(stack, tmp_path)
    users_write(practice_host)
    host = open_host(stack)
    (folder, _), *_ = snapshots.all_whole(host.files, host.state.snapshots)
    before = (folder / seal.SEAL).read_bytes()
    if taken_away:
        (folder / seal.SEAL).unlink()
    else:
        _altered(stack, folder, lambda told: replace(told, branch="elsewhere"))
    refused = avnwizard("rollback", "--restore", "--yes", "--stack", stack)
    assert refused.code == ExitCode.REFUSED, refused.err
    assert "Nothing was changed" in refused.err
    assert ("lacks its seal" if taken_away else "changed after it was taken") in refused.err
    _altered(stack, folder, lambda told: replace(told, branch=""))
    (folder / seal.SEAL).write_bytes(before)
    assert seal.look(host, folder) == "ours", "put back as it was"


def test_a_snapshot_of_an_earlier_version_is_gone_back_to(
    practice_host: PracticeHost, stack: Path, tmp_path: Path
) -> None:
    """It has no seal, and the journal of its run knows of none."""
    upgraded(stack, tmp_path)
    execute(practice_host, "kratos", "DELETE FROM sessions")
    host = open_host(stack)
    journal = host.journal()
    run = journal.runs()[0].id
    (folder, _), *_ = snapshots.all_whole(host.files, host.state.snapshots)
    (folder / seal.SEAL).unlink()
    journal.note(run, "snapshot", {"sealed": False})
    back = avnwizard("rollback", "--restore", "--yes", "--stack", stack)
    assert back.code == ExitCode.DONE, back.err

"""Snapshots and restores that are cut off: Postgres killed, the disk full, avnwizard killed. Nothing is lost."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from avnwizard.engine.faults import KILL_AT
from avnwizard.errors import ExitCode, HostError, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import snapshots
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.adapters.postgres_filled import filled
from tests.adapters.postgres_server import LocalServer
from tests.flows.cli import avnwizard
from tests.flows.in_process import restore, take
from tests.flows.test_going_back import execute


class _KillsWhen:
    """Kills the server, every process of it, at the first event of a kind once some words were said."""

    def __init__(self, practice: PracticeHost, words: str, kind: str = "say") -> None:
        self._practice, self._words, self._kind = practice, words, kind
        self._heard = self.killed = False

    def __call__(self, kind: str, step: str, text: str, data: dict[str, Any]) -> None:
        """Hear one event."""
        self._heard = self._heard or (kind == "say" and text.startswith(self._words))
        if self._heard and kind == self._kind and not self.killed:
            postmaster = self._practice.cluster.postmaster()
            assert postmaster
            children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text("ascii").split()
            for pid in (postmaster, *map(int, children)):
                os.kill(pid, signal.SIGKILL)
            self.killed = True


def _rows(host: Host) -> dict[str, dict[str, int]]:
    database = host.database()
    return {one.name: database.row_counts(one.name) for one in database.databases() if "__" not in one.name}


@pytest.mark.parametrize(("words", "kind"), [("dumping hydra", "say"), ("restoring keto", "progress")])
def test_postgres_killed_in_mid_snapshot(practice_host: PracticeHost, words: str, kind: str) -> None:
    """In a dump or in its proof: one clear error, no snapshot that passes for one, every row there; then it works."""
    host = open_host(practice_host.project.directory)
    before = _rows(host)
    killer = _KillsWhen(practice_host, words, kind)
    with pytest.raises(StepError, match="snapshot could not be taken") as raised:
        take(host, killer)
    assert killer.killed
    assert raised.value.hint
    assert host.files.list(host.state.snapshots) == ()
    practice_host.cluster.start()
    assert _rows(host) == before
    folder = take(host)
    assert snapshots.verify(host.files, folder).proof == "restored"
    assert not [one.name for one in host.database().databases() if "__proof_" in one.name]


def test_postgres_killed_in_mid_restore(practice_host: PracticeHost) -> None:
    """The live databases are as they were; the same order given again goes on and ends well."""
    host = open_host(practice_host.project.directory)
    folder = take(host, proof="read back")
    before = _rows(host)
    killer = _KillsWhen(practice_host, "restoring keto", "progress")
    with pytest.raises(StepError) as raised:
        restore(host, folder, hear=killer)
    assert killer.killed
    assert raised.value.hint
    practice_host.cluster.start()
    assert _rows(host) == before
    run = restore(host, folder)
    assert len(host.journal().runs()) == 2, "the snapshot, and one restore that went on"
    assert _rows(host) == before
    names = [one.name for one in host.database().databases()]
    assert not [name for name in names if "__restoring_" in name]
    assert all(run in name for name in names if "__kept_" in name)


@pytest.mark.parametrize(
    "point",
    ["restore:restore-1:after", "swap:set-aside-1:after", "swap:put-in-place-0:before", "snapshot:prove-2:before"],
)
def test_avnwizard_killed(practice_host: PracticeHost, point: str) -> None:
    """SIGKILL amid a proof, a restore or a swap: the same command again ends it, and leaves nothing half done."""
    checkout = practice_host.project.directory
    host = open_host(checkout)
    before = _rows(host)
    taking = point.startswith("snapshot")
    if not taking:
        take(host, proof="read back")
    words = ("create",) if taking else ("restore", "--yes")
    killed = avnwizard("snapshot", *words, "--stack", checkout, env={KILL_AT: point})
    assert killed.code == ExitCode.STEP_FAILED, killed.err
    again = avnwizard("snapshot", *words, "--stack", checkout)
    assert again.code == ExitCode.DONE, again.err
    assert _rows(host) == before
    left = [one.name for one in host.database().databases() if "__restoring_" in one.name or "__proof_" in one.name]
    assert left == []
    assert [folder.suffix for folder in host.files.list(host.state.snapshots)] == [".0"]


def _to_restore(practice: PracticeHost) -> tuple[Host, dict[str, dict[str, int]], tuple[str | Path, ...]]:
    """A stack with a snapshot: its host, its rows, and the command that restores it."""
    host = open_host(practice.project.directory)
    take(host, proof="read back")
    return host, _rows(host), ("snapshot", "restore", "--yes", "--stack", host.repo.directory)


def _made_anew(host: Host) -> None:
    """What a new volume holds: nothing but the database `postgres`."""
    for one in host.database().databases():
        if one.name != "postgres":
            host.database().drop(one.name)


def test_the_volume_is_made_anew_amid_a_restore(practice_host: PracticeHost) -> None:
    """What was restored beside is gone with it: the same command restores it again."""
    host, before, words = _to_restore(practice_host)
    assert avnwizard(*words, env={KILL_AT: "restore:restore-2:before"}).code == ExitCode.STEP_FAILED
    assert len([one for one in host.database().databases() if "__restoring_" in one.name]) == 3
    _made_anew(host)
    again = avnwizard(*words)
    assert again.code == ExitCode.DONE, again.err
    assert _rows(host) == before


def test_the_volume_is_made_anew_before_the_swap(practice_host: PracticeHost) -> None:
    """Nothing is left to put in place: told with the way on, never "restored" over databases that are missing."""
    host, before, every = _to_restore(practice_host)
    words = (*every, "--database", "keto")
    assert avnwizard(*words, env={KILL_AT: "swap:set-aside-0:before"}).code == ExitCode.STEP_FAILED
    _made_anew(host)
    again = avnwizard(*words)
    assert again.code == ExitCode.STEP_FAILED
    assert "keto is gone" in again.err
    assert "Roll this run back" in again.err
    back = avnwizard("rollback", "--yes", "--stack", host.repo.directory)
    assert back.code == ExitCode.DONE, back.err
    done = avnwizard(*every)
    assert done.code == ExitCode.DONE, done.err
    assert _rows(host) == before


def test_what_was_overtaken_is_not_gone_on_with(practice_host: PracticeHost) -> None:
    """A restore cut off before its swap gives way to another; one cut off amid its swap is ended first."""
    host, before, every = _to_restore(practice_host)
    other = (*every, "--database", "keto")
    assert avnwizard(*every, env={KILL_AT: "restore:restore-1:before"}).code == ExitCode.STEP_FAILED
    assert avnwizard(*other).code == ExitCode.DONE
    assert not [one.name for one in host.database().databases() if "__restoring_" in one.name]
    kept = avnwizard("snapshot", "prune", "--stack", host.repo.directory, "--dry-run", "--json").data["kept"]
    assert [one["why"] for one in kept] == ["one of the newest 5"]

    assert avnwizard(*every, env={KILL_AT: "swap:put-in-place-0:after"}).code == ExitCode.STEP_FAILED
    refused = avnwizard(*other)
    assert refused.code == ExitCode.REFUSED
    assert "avnwizard resume" in refused.err
    assert avnwizard("rollback", "--yes", "--stack", host.repo.directory).code == ExitCode.DONE
    assert avnwizard(*other).code == ExitCode.DONE
    execute(practice_host, "avnology", "TRUNCATE accounts CASCADE")
    assert _rows(host) != before
    again = avnwizard(*every)
    assert again.code == ExitCode.DONE, again.err
    assert _rows(host) == before


@contextmanager
def _small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can only be mounted by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_the_disk_fills_in_mid_dump(server: LocalServer, tmp_path: Path) -> None:
    """A dump that no longer fits: told as such with what to do, no file left, and the disk is as empty as before."""
    database = filled(server)
    server.sql("shop", "CREATE TABLE noise AS SELECT sha512(n::text::bytea) AS h FROM generate_series(1, 60000) n")
    with _small_disk(tmp_path / "small", 1) as folder:
        with database.moments(["shop"]) as (moment,), pytest.raises(HostError, match="No space left") as raised:
            database.dump(moment, folder / "shop.dump", lambda _done, _total: None)
        assert "Make room" in raised.value.hint
        assert list(folder.iterdir()) == []

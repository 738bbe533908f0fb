"""Which way to a new Postgres major can be gone, which is recommended, and that none may write to the old volume."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from avnwizard.domain.commands import Argv
from avnwizard.domain.postgres import copy_commands, copy_scripts
from avnwizard.domain.postgres.copy_commands import CopyOrder
from avnwizard.domain.postgres.major import DatabaseLook, ServerLook, Way
from avnwizard.domain.postgres.server_commands import ServerOrder, copy_volume
from avnwizard.flows.postgres.ways import offers, recommended

_MOUNT, _PGDATA = "/var/lib/postgresql", "/var/lib/postgresql/18/docker"


def _look(*, unlogged: bool = False, odd: bool = False, streams: bool = True) -> ServerLook:
    database = DatabaseLook("shop\x1b", "clerk", 3_000_000_000, unlogged=("public.cache",) if unlogged else ())
    return ServerLook("17.2", 17, "clerk", (database,), odd_options=("pg_attver",) if odd else (), streams=streams)


def _order() -> CopyOrder:
    server = ServerOrder("new_server", "demo", "sha256:18", "new", _MOUNT, "old-container")
    return CopyOrder(server, "sha256:17", "old", "data", _PGDATA, "clerk", checksums=False)


@pytest.mark.parametrize(
    ("look", "mount", "wanted"),
    [
        (_look(), _MOUNT, "copy"),
        (_look(unlogged=True), _MOUNT, "cold"),
        (_look(streams=False), _MOUNT, "cold"),
        (_look(odd=True), _MOUNT, "dump"),
        (_look(unlogged=True, odd=True), _MOUNT, "dump"),
        (_look(), _PGDATA, "dump"),
    ],
)
def test_the_recommended_way(look: ServerLook, mount: str, wanted: Way) -> None:
    """The shortest that can be gone; each other one says why not, in printable words."""
    found = offers(look, mount=mount, pgdata=_PGDATA)
    assert recommended(found) == wanted
    assert [bool(one.why_not) for one in found[: [one.way for one in found].index(wanted)]].count(False) == 0
    assert "\x1b" not in "".join(one.why_not for one in found)


def test_the_live_copy_takes_the_same_time_at_any_size() -> None:
    """The others grow with the data, the cold copy less than the dump."""
    small, large = (
        {one.way: one.interruption_s for one in offers(look, mount=_MOUNT, pgdata=_PGDATA)}
        for look in (ServerLook("17.2", 17, "clerk", ()), _look())
    )
    assert large["copy"] == small["copy"]
    assert large["copy"] < large["cold"] < large["dump"]


def test_the_old_volume_is_only_ever_mounted_read_only() -> None:
    """pg_upgrade has the new volume alone; what reads the old one cannot write to it."""
    order = _order()
    calls = (
        copy_commands.run_copier(order),
        copy_commands.run_worker(order, "demo_backend"),
        copy_commands.make_new(order),
        copy_commands.run_standby(order),
        copy_volume("sha256:17", "old", "proof", "demo"),
    )
    volumes = [[argv[at + 1] for at, word in enumerate(argv) if word == "--volume"] for argv in calls]
    assert all(each.endswith(":ro") for mounted in volumes for each in mounted if each.startswith("old:"))
    assert volumes[1] == ["new:/avnwizard", f"new:{order.server.mount}"]
    assert sum(each.startswith("old:") for mounted in volumes for each in mounted) == 3


class _Copied:
    """The scripts of a cold copy, over folders of this machine."""

    def __init__(self, folder: Path) -> None:
        self.old, self._work, programs = (folder / name for name in ("old", "work", "bin"))
        self.new = self._work / "data"
        (self.old / "base" / "5").mkdir(parents=True)
        (self.old / "base" / "5" / "1259").write_bytes(b"rows")
        (self.old / "PG_VERSION").write_text("17\n")
        self._work.mkdir()
        programs.mkdir()
        self.control = programs / "pg_controldata"
        self.control.write_text('#!/bin/sh\ncat "$1/PG_VERSION"\n')
        self.control.chmod(0o755)
        self._path = f"{programs}:{os.defpath}"

    def run(self, argv: Argv) -> subprocess.CompletedProcess[str]:
        """One of them."""
        script = argv[-3].replace(copy_commands.WORK, str(self._work))
        words = ("sh", "-c", script, "avnwizard", str(self.old))
        return subprocess.run(words, env={"PATH": self._path}, capture_output=True, text=True, check=False)

    def whole(self) -> bool:
        """Whether the copy has the same folders, files and contents."""
        found = [
            {str(one.relative_to(top)): one.read_bytes() if one.is_file() else b"" for one in top.rglob("*")}
            for top in (self.old, self.new)
        ]
        return found[0] == found[1]


def test_a_cold_copy_is_of_a_server_that_was_shut_down(tmp_path: Path) -> None:
    """Every file comes along; a server that runs, or a copy whose control data differ, is refused."""
    copied = _Copied(tmp_path)
    stopped = copy_commands.copy_stopped(_order())
    assert copied.run(stopped).returncode == 0
    assert copied.whole()
    copied.control.write_text('#!/bin/sh\necho "$1"\n')
    assert "not of this server" in copied.run(stopped).stderr
    (copied.old / "postmaster.pid").touch()
    assert "not shut down" in copied.run(stopped).stderr


def test_a_cold_copy_has_what_changed_since_its_first_part(tmp_path: Path) -> None:
    """Written, new, shortened and removed files; what has not changed is not copied again; a clock set is heeded."""
    copied = _Copied(tmp_path)
    running, stopped = copy_commands.copy_running(_order()), copy_commands.copy_stopped(_order())
    long_ago = time.time() - 3600
    base = copied.old / "base" / "5"
    for name in ("still", "cut off", "goes"):
        (base / name).write_bytes(b"as it was")
        os.utime(base / name, (long_ago, long_ago))
    (copied.old / "dropped").mkdir()
    (copied.old / "dropped" / "file").touch()
    assert copied.run(running).returncode == 0
    still, kept = copied.new / "base" / "5" / "still", (copied.new / "base" / "5" / "still").stat().st_ino
    (base / "1259").write_bytes(b"ROWS")
    (copied.new / "base" / "5" / "cut off").write_bytes(b"as")  # as a full disk would leave it
    (base / "goes").unlink()
    shutil.rmtree(copied.old / "dropped")
    (copied.old / "made" / "more").mkdir(parents=True)
    (base / "still").rename(copied.old / "made" / "more" / "renamed")
    (base / "still").write_bytes(b"as it was")
    os.utime(base / "still", (long_ago, long_ago))
    done = copied.run(stopped)
    assert (done.returncode, done.stderr) == (0, "")
    assert copied.whole()
    assert still.stat().st_ino == kept
    (copied.new.parent / "copied.clocks").write_text("1")
    (base / "1259").write_bytes(b"rows")
    os.utime(base / "1259", (long_ago, long_ago))
    assert copied.run(stopped).returncode == 0
    assert copied.whole()


@pytest.mark.parametrize("boot", ["this", "another", "lost", "settled before"])
def test_a_copy_that_the_machine_went_down_on_does_not_serve(tmp_path: Path, boot: str) -> None:
    """pg_upgrade leaves the writing to the disk for later; whoever comes back after a power cut is sent back."""
    programs, work, said = tmp_path / "bin", tmp_path / ".avnwizard", tmp_path / "said"
    programs.mkdir()
    (programs / "gosu").write_text('#!/bin/sh\nshift; exec "$@"\n')
    (programs / "initdb").write_text(f'#!/bin/sh\necho "$@" >{said}\n')
    for one in programs.iterdir():
        one.chmod(0o755)
    if boot != "settled before":
        work.mkdir()
    if boot in {"this", "another"}:
        own = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
        (work / "boot").write_text(own if boot == "this" else "0b1c\n")
    done = subprocess.run(
        ["sh", "-c", copy_scripts.SETTLE, "sh", "/data", str(work)],
        env={"PATH": f"{programs}:/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    whole = boot in {"this", "settled before"}
    assert (done.returncode == 0, said.exists(), work.exists()) == (whole, whole, not whole)
    assert ("roll back" in done.stderr) is not whole

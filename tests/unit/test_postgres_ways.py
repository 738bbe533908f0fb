"""Which way to a new Postgres major can be gone, which is recommended, and that none may write to the old volume."""

import os
import subprocess
from pathlib import Path

import pytest

from avnwizard.domain.postgres import copy_commands
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
        copy_commands.copy_stopped(order),
        copy_commands.upgrade(order),
        copy_commands.make_new(order),
        copy_commands.stopped_at(order),
        copy_commands.run_standby(order),
        copy_volume("sha256:17", "old", "proof", "demo"),
    )
    volumes = [[argv[at + 1] for at, word in enumerate(argv) if word == "--volume"] for argv in calls]
    assert all(each.endswith(":ro") for mounted in volumes for each in mounted if each.startswith("old:"))
    assert volumes[1] == ["new:/avnwizard"]
    assert sum(each.startswith("old:") for mounted in volumes for each in mounted) == 3


def test_a_cold_copy_is_of_a_server_that_was_shut_down(tmp_path: Path) -> None:
    """Every file comes along; a server that runs, or a copy whose control data differ, is refused."""
    old, work, programs = (tmp_path / name for name in ("old", "work", "bin"))
    (old / "base" / "5").mkdir(parents=True)
    (old / "base" / "5" / "1259").write_bytes(b"rows")
    (old / "PG_VERSION").write_text("17\n")
    work.mkdir()
    programs.mkdir()
    control = programs / "pg_controldata"
    control.write_text('#!/bin/sh\ncat "$1/PG_VERSION"\n')
    control.chmod(0o755)

    def copied() -> subprocess.CompletedProcess[str]:
        script = copy_commands.copy_stopped(_order())[-3].replace(f"{copy_commands.PLACE}/.avnwizard", str(work))
        path = f"{programs}:{os.defpath}"
        argv = ("sh", "-c", script, "avnwizard", str(old))
        return subprocess.run(argv, env={"PATH": path}, capture_output=True, text=True, check=False)

    assert copied().returncode == 0
    assert (work / "data" / "base" / "5" / "1259").read_bytes() == b"rows"
    control.write_text('#!/bin/sh\necho "$1"\n')
    assert "not of this server" in copied().stderr
    (old / "postmaster.pid").touch()
    assert "not shut down" in copied().stderr

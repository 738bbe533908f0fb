"""A dump is read to its end while it is taken, by the server's own tools; what is not as it was read is not kept."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from avnwizard.adapters import durable
from avnwizard.adapters.postgres import PostgresDatabase, proc_pipes
from avnwizard.adapters.postgres.read_back import NoToolsError, dump_read_back
from avnwizard.adapters.running import Running
from avnwizard.domain import commands
from avnwizard.errors import HostError
from avnwizard.ports import PostgresAccess, ToolCommand
from tests.adapters.postgres_filled import dumped, filled
from tests.adapters.postgres_server import LocalServer
from tests.waiting import until


class _Other:
    """A server whose tools are run in another way: by an argv in front, or with other programs found first."""

    def __init__(self, server: LocalServer, before: Sequence[str] = (), programs: Path | None = None) -> None:
        self._server, self._before, self._programs = server, list(before), programs

    def connection(self, database: str) -> dict[str, str]:
        """As ever."""
        return self._server.connection(database)

    def command(self, tool: Sequence[str]) -> ToolCommand:
        """In that other way, where a shell is asked for."""
        call = self._server.command(tool)
        if tool[0] != "sh":
            return call
        other = {"PATH": str(self._programs)} if self._programs else {}
        return ToolCommand((*self._before, *call.argv), {**call.environment, **other})

    def free_bytes(self, folder: str) -> int | None:
        """As ever."""
        return self._server.free_bytes(folder)


def _programs(server: LocalServer, folder: Path, *, without: str = "", fake: dict[str, str] | None = None) -> Path:
    """A folder with the tools of a container, but for one, or with scripts in the place of some."""
    folder.mkdir()
    tools = ("sh", "cat", "tee", "sha256sum", "pg_dump", "pg_restore", "head")
    places = [server.programs, Path("/usr/bin"), Path("/bin")]
    for name in tools:
        if name != without:
            (folder / name).symlink_to(next(place / name for place in places if (place / name).exists()))
    for name, script in (fake or {}).items():
        (folder / name).unlink()
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return folder


def _take(access: PostgresAccess, to: Path) -> None:
    database = PostgresDatabase(access)
    with database.moments(["shop"]) as (moment,):
        database.dump(moment, to, lambda _done, _total: None)


_BY_STDOUT = ["refused", "not offered"]
_LACKING = [(tool, way) for tool in ("tee", "sha256sum") for way in _BY_STDOUT] + [("sh", "taken"), ("sh", "refused")]


@pytest.fixture(params=["taken", *_BY_STDOUT])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the dump comes out: by a pipe that is taken, by stdout as the pipe cannot be, by stdout alone."""
    if request.param == "taken" and os.geteuid() != 0:
        pytest.skip("only root may open the pipes of others")
    if request.param == "refused":
        monkeypatch.setattr(proc_pipes, "_opened", lambda _: None)
    if request.param != "taken":
        name = "avnwizard-test" if request.param == "refused" else ""
        monkeypatch.setattr(proc_pipes, "name_to_find", lambda: name)
    return str(request.param)


def test_the_way_a_dump_comes(way: str, server: LocalServer, tmp_path: Path) -> None:
    """Whichever it is, the dump is whole, and stdout carries it only where no pipe was taken."""
    filled(server)
    seen = tmp_path / "seen"
    access = _Other(server, ("sh", "-c", f'"$@" | tee {seen}', "sh"))
    _take(access, to := tmp_path / "shop.dump")
    PostgresDatabase(server).read_back(to)
    assert seen.read_bytes() == (b"" if way == "taken" else to.read_bytes())


@pytest.mark.parametrize("way", _BY_STDOUT, indirect=True)
@pytest.mark.usefixtures("way")
def test_a_stream_that_is_changed_on_its_way(server: LocalServer, tmp_path: Path) -> None:
    """pg_restore was content, but what came here is longer: no file."""
    filled(server)
    tee = 'cat > "$0.x"; for to in "$@"; do cat "$0.x" > "$to"; done; cat "$0.x"; printf x; rm "$0.x"'
    programs = _programs(server, tmp_path / "programs", fake={"tee": tee})
    (programs / "rm").symlink_to("/bin/rm")
    longer = _Other(server, programs=programs)
    with pytest.raises(HostError, match="does not hold what pg_restore read"):
        _take(longer, tmp_path / "shop.dump")
    assert list(tmp_path.iterdir()) == [programs]


@pytest.mark.parametrize(
    ("fake", "words"),
    [
        (
            {"pg_restore": "cat; echo 'could not read' >&2; exit 1"},
            "pg_restore -f /dev/null` failed with code 1: could",
        ),
        ({"pg_restore": "exit 3"}, "pg_restore -f /dev/null` failed with code 3"),
        ({"pg_dump": "echo half; echo 'avnwizard: pg_dump 0' >&2; exit 4"}, "failed with code 4"),
        ({"pg_dump": 'head -c 100 /dev/zero; kill -9 "$$"'}, "failed with code 137"),
    ],
)
@pytest.mark.usefixtures("way")
def test_a_part_that_fails(server: LocalServer, tmp_path: Path, fake: dict[str, str], words: str) -> None:
    """Whichever of them it is: its own words and code, and no file."""
    filled(server)
    access = _Other(server, programs=_programs(server, tmp_path / "programs", fake=fake))
    with pytest.raises(HostError) as raised:
        _take(access, tmp_path / "shop.dump")
    assert words in raised.value.message
    assert raised.value.hint
    assert [file.name for file in tmp_path.iterdir()] == ["programs"]


@pytest.mark.parametrize("way", _BY_STDOUT, indirect=True)
@pytest.mark.usefixtures("way")
def test_a_tee_that_fails(server: LocalServer, tmp_path: Path) -> None:
    """Its own code, and no file."""
    filled(server)
    access = _Other(server, programs=_programs(server, tmp_path / "programs", fake={"tee": "exit 9"}))
    with pytest.raises(HostError, match="`tee` failed with code 9"):
        _take(access, tmp_path / "shop.dump")
    assert [file.name for file in tmp_path.iterdir()] == ["programs"]


def test_what_is_read_is_what_the_disk_gives_back(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the pipes are taken, pg_restore reads the file; what the disk changes of it is in what it reads."""
    if os.geteuid() != 0:
        pytest.skip("only root may open the pipes of others")
    filled(server)
    seen = tmp_path / "seen"
    programs = _programs(server, tmp_path / "programs", fake={"pg_restore": f"cat > {seen}"})
    _take(_Other(server, programs=programs), to := tmp_path / "shop.dump")
    assert seen.read_bytes() == to.read_bytes()
    to.unlink()
    given = os.pread

    def bad(handle: int, count: int, offset: int) -> bytes:
        block = given(handle, count, offset)
        return block[:-1] + bytes((block[-1] ^ 1,)) if block else block

    monkeypatch.setattr(os, "pread", bad)
    with pytest.raises(HostError, match="is not what was written"):
        _take(_Other(server, programs=programs), to)
    monkeypatch.undo()
    assert not to.exists()


def test_a_process_that_hangs_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words in /proc may never come (one stuck in a file system); those without the pipes are passed over."""
    (tmp_path / "77" / "fd").mkdir(parents=True)
    os.mkfifo(tmp_path / "77" / "cmdline")
    monkeypatch.setattr(proc_pipes, "_PROC", tmp_path)
    found = list[object]()
    looking = threading.Thread(target=lambda: found.append(proc_pipes._opened("name")), daemon=True)
    looking.start()
    looking.join(10.0)
    assert found == [None]


def test_breaking_off_while_pg_restore_is_fed(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody writes to the pipes any more when they are closed: their numbers may be another file's by then."""
    if os.geteuid() != 0:
        pytest.skip("only root may open the pipes of others")
    filled(server)
    monkeypatch.setattr(durable, "_STRIDE_BYTES", 1 << 20)
    programs = _programs(
        server, tmp_path / "programs", fake={"pg_dump": "cat /dev/zero", "pg_restore": "exec /bin/sleep 600"}
    )
    after_close, feed = list[bool](), proc_pipes.Pipes.to_check

    def watched(pipes: proc_pipes.Pipes, block: bytes, child: Running) -> None:
        feed(pipes, block, child)
        after_close.append(pipes.check.closed)

    def full(done: int, _total: int | None) -> None:
        if done > 8 << 20:
            raise HostError("The disk is full.", "")

    monkeypatch.setattr(proc_pipes.Pipes, "to_check", watched)
    died = list[object]()
    monkeypatch.setattr(threading, "excepthook", died.append)
    with pytest.raises(HostError, match="The disk is full"):
        dump_read_back(
            _Other(server, programs=programs), commands.pg_dump("shop", compression="1"), tmp_path / "x", full
        )
    assert after_close
    assert not any(after_close)
    assert died == []
    assert list(tmp_path.iterdir()) == [programs]


@pytest.mark.parametrize(("without", "way"), _LACKING, indirect=["way"])
@pytest.mark.usefixtures("way")
def test_a_container_without_the_tools(server: LocalServer, tmp_path: Path, without: str) -> None:
    """Then the dump is read back from the file afterwards; here what reads it is broken, and no file stays."""
    filled(server)
    programs = _programs(server, tmp_path / "programs", without=without)
    access = _Other(server, ("/usr/bin/env",) if without == "sh" else (), programs)
    with pytest.raises(NoToolsError):
        dump_read_back(access, commands.pg_dump("shop", compression="1"), tmp_path / "x", lambda _done, _total: None)
    database, to = PostgresDatabase(access), tmp_path / "shop.dump"
    dumped(database, "shop", to)
    database.read_back(to)
    to.unlink()
    (broken := tmp_path / "broken").mkdir()
    (broken / "pg_restore").write_text("#!/bin/sh\ncat > /dev/null; exit 1\n")
    (broken / "pg_restore").chmod(0o755)
    for name in ("pg_dump", "psql"):
        (broken / name).symlink_to(server.programs / name)
    worse = _Other(LocalServer(broken, server.folder), ("/usr/bin/env",) if without == "sh" else (), programs)
    with pytest.raises(HostError, match="pg_restore"):
        _take(worse, to)
    assert {file.name for file in tmp_path.iterdir()} == {"programs", "broken"}


def test_a_dump_that_is_broken_off_ends_at_once(server: LocalServer, tmp_path: Path) -> None:
    """Though it waits for a lock and sends nothing; and nothing of it stays behind on the server."""
    database = filled(server)
    at_work = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    with (
        psycopg.connect(**server.connection("shop")) as blocking,  # type: ignore[arg-type]  # strings
        psycopg.connect(**server.connection("postgres"), autocommit=True) as looking,  # type: ignore[arg-type]  # strings
        database.moments(["shop"]) as (moment,),
        ThreadPoolExecutor(1) as beside,
    ):
        blocking.execute("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
        dump = beside.submit(database.dump, moment, tmp_path / "shop.dump", lambda _done, _total: None)
        waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"
        until(lambda: looking.execute(waits, [commands.DUMPING]).fetchone() == (1,))
        moment.cancel()
        with pytest.raises(HostError, match="terminating connection"):
            dump.result()
        until(lambda: looking.execute(at_work, [commands.DUMPING]).fetchone() == (0,))
    assert list(tmp_path.iterdir()) == []

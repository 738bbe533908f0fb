"""`avnwizard snapshot …` as an operator types it, on a practice stack."""

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from avnwizard import __version__
from avnwizard.domain.answers import Answers
from avnwizard.engine.faults import KILL_AT
from avnwizard.errors import ExitCode
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.flows.snapshot.planning import plan_snapshot
from avnwizard.flows.upgrade import inputs
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard
from tests.flows.in_process import take_as

_NOBODY_NEEDS = ("--keep", "0", "--keep-days", "0")


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack at v1.5.0."""
    return practice_host.project.directory


def _names(host: Host, purpose: str) -> list[str]:
    return [one.name for one in host.database().databases() if f"__{purpose}_" in one.name]


def test_create_look_verify(stack: Path) -> None:
    """Taken and proven by a restore; listed, shown and verified, with no secret in what is printed."""
    made = avnwizard("snapshot", "create", "--stack", stack, "--volume", "minio_data", "--json")
    assert made.code == ExitCode.DONE, made.err
    assert made.data["proof"] == "restored"
    folder = Path(made.data["folder"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    listed = avnwizard("snapshot", "list", "--stack", stack, "--json").data
    assert [(one["name"], one["volumes"], one["needed_by"]) for one in listed] == [(folder.name, 1, "")]
    shown = avnwizard("snapshot", "show", folder.name[:8], "--stack", stack, "--json").data
    host = open_host(stack)
    assert {one["name"]: one["rows"] for one in shown["databases"]} == {
        one.name: host.database().row_counts(one.name) for one in host.database().databases()
    }
    assert shown["wal_lsn"]
    assert shown["made_by"] == f"avnwizard {__version__}"
    assert shown["tag"] == "v1.5.0"
    assert {one["service"] for one in shown["images"]} == {one.service for one in host.stack.containers()}
    assert all(one["properties"]["encoding"] == "UTF8" and one["extensions"] for one in shown["databases"])
    assert shown["edited"] == ["docker-compose.traefik.yml"]
    assert (folder / "local-edits.patch").read_bytes() == host.repo.diff()
    assert json.loads((folder / "compose-model.json").read_bytes()) == host.stack.resolve().raw
    verified = avnwizard("snapshot", "verify", "--stack", stack, "--restored", "--json")
    assert verified.data["level"] == "restored"
    assert _names(host, "proof") == []
    secrets = [value for key, value in _secrets(host)]
    plain = avnwizard("snapshot", "show", "--stack", stack)
    for text in (made.out + made.err, plain.out + plain.err, json.dumps(shown), verified.err):
        assert not [secret for secret in secrets if secret in text]


def test_a_volume_counts_in_what_is_left(practice_host: PracticeHost, stack: Path) -> None:
    """Bytes and time left are of all that is asked for, the volume too, from the first dump to the last archive."""
    host = open_host(stack)
    big = practice_host.home / "volumes" / "minio_data" / "big"
    big.parent.mkdir(parents=True, exist_ok=True)
    big.write_bytes(bytes(50_000_000))
    plan = plan_snapshot(host, "v1.5.0", volumes=("minio_data",), proof="read back")
    heard: list[dict[str, Any]] = []

    def hear(kind: str, _step: str, _text: str, data: dict[str, Any]) -> None:
        if kind == "progress":
            heard.append(data)

    take_as(host, plan, hear)
    (total,) = {each["total"] for each in heard}
    assert total > big.stat().st_size
    assert (heard[-1]["done"], heard[-1]["left_s"]) == (total, 0)


def test_no_room_for_a_volume(stack: Path) -> None:
    """Its size is counted before anything is dumped: refused with the numbers, nothing left behind."""
    host = open_host(stack)
    huge = host.state.folder.parent / "volumes" / "minio_data" / "huge"
    huge.parent.mkdir(parents=True)
    with huge.open("wb") as file:
        file.truncate(1 << 43)
    plain = avnwizard("snapshot", "create", "--stack", stack, "--proof", "read back")
    assert plain.code == ExitCode.DONE, "what is not asked for is not counted"
    made = avnwizard("snapshot", "create", "--stack", stack, "--volume", "minio_data")
    assert made.code == ExitCode.STEP_FAILED
    assert "8.8 TB for volumes)" in made.err
    assert "AVNWIZARD_STATE_DIR" in made.err
    assert "dumping" not in made.err
    assert len(host.files.list(host.state.snapshots)) == 1
    (stack / "avnwizard.toml").write_text('[snapshot]\nvolumes = ["minio_data"]\n')
    found = avnwizard("check", "--stack", stack, "--json").data
    assert "8.8 TB" in next(one["message"] for one in found if (one["check"], one["level"]) == ("disk", "stop"))


def _secrets(host: Host) -> list[tuple[str, str]]:
    lines = host.files.read(host.stack.project.env_file).decode().splitlines()
    pairs = [line.partition("=")[::2] for line in lines if not line.startswith("#")]
    found = [(key, value) for key, value in pairs if key.endswith(("_PASSWORD", "_SECRET", "_KEY")) and value]
    assert len(found) > 5
    return found


def test_restore_where_a_database_and_its_role_are_gone_and_another_is_emptied(stack: Path) -> None:
    """From the manifest alone: a dropped database and role are there again, an emptied one has its rows."""
    host = open_host(stack)
    database = host.database()
    before = {one.name: database.row_counts(one.name) for one in database.databases()}
    assert avnwizard("snapshot", "create", "--stack", stack, "--proof", "read back").code == ExitCode.DONE
    assert json.loads(avnwizard("snapshot", "show", "--stack", stack, "--json").out)["proof"] == "read back"
    role = "SELECT rolpassword FROM pg_authid WHERE rolname = 'hydra'"
    database.drop("hydra")
    with psycopg.connect(**_keywords(stack, "postgres"), autocommit=True) as connection:  # type: ignore[arg-type]  # strings
        was = connection.execute(role).fetchone()
        connection.execute("DROP ROLE hydra")
    with psycopg.connect(**_keywords(stack, "kratos")) as connection:  # type: ignore[arg-type]  # strings
        connection.execute("DELETE FROM identities")
    refused = avnwizard("snapshot", "restore", "--stack", stack)
    assert refused.code == ExitCode.USAGE, "there is no terminal to confirm on"
    assert not database.exists("hydra")
    done = avnwizard("snapshot", "restore", "--stack", stack, "--yes")
    assert done.code == ExitCode.DONE, done.err
    after = {one.name: database.row_counts(one.name) for one in database.databases() if "__" not in one.name}
    assert after == before
    assert "hydra: " in done.err
    with psycopg.connect(**_keywords(stack, "postgres")) as connection:  # type: ignore[arg-type]  # strings
        assert connection.execute(role).fetchone() == was, "with its password"
    assert {one.name: one.owner for one in database.databases()}["hydra"] == "hydra"
    damaged = next(host.state.snapshots.iterdir()) / "database-0.dump"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert avnwizard("snapshot", "verify", "--stack", stack).code == ExitCode.REFUSED
    assert avnwizard("snapshot", "restore", "--stack", stack, "--yes").code == ExitCode.REFUSED
    assert sorted(name.partition("__")[0] for name in _names(host, "kept")) == ["avnology", "keto", "kratos"]
    kept = next(name for name in _names(host, "kept") if name.startswith("kratos"))
    assert database.row_counts(kept)["public.identities"] == 0, "as it was is kept"


def _keywords(stack: Path, database: str) -> dict[str, str]:
    from avnwizard.practice.host import open_host as open_practice

    return open_practice(stack).postgres.connection(database)


def test_restore_with_the_services_stopped(stack: Path) -> None:
    """Killed with the services stopped, the same command goes on; then what ran serves again, and no more."""
    host = open_host(stack)
    assert avnwizard("snapshot", "create", "--stack", stack, "--proof", "read back").code == ExitCode.DONE
    (docs,) = host.stack.containers("docs")
    host.stack.stop(docs.id, grace_s=5)
    before = {one.id: one.state for one in host.stack.containers()}
    words = ("snapshot", "restore", "--stack", stack, "--yes", "--database", "keto", "--stop-services")
    for point in ("stop:stop:after", "swap:set-aside-0:after"):
        killed = avnwizard(*words, env={KILL_AT: point})
        assert killed.code == ExitCode.STEP_FAILED, killed.err
        stopped = {one.service for one in host.stack.containers() if one.state == "exited"}
        assert {"gateway", "kratos"} < stopped
        assert not stopped & {"postgres", "traefik", "minio"}
    done = avnwizard(*words)
    assert done.code == ExitCode.DONE, done.err
    assert {one.id: one.state for one in host.stack.containers()} == before
    assert [name.partition("__")[0] for name in _names(host, "kept")] == ["keto"]
    asked = avnwizard("snapshot", "restore", "--stack", stack)
    assert "what they write is in" in asked.err
    assert "--stop-services" in asked.err


def test_restore_of_one_database_and_a_volume(stack: Path) -> None:
    """Only what is named goes back; a volume's older content comes over what is there, which is archived first."""
    host = open_host(stack)
    assert avnwizard("snapshot", "create", "--stack", stack, "--volume", "minio_data").code == ExitCode.DONE
    volume = host.state.folder.parent / "volumes" / "minio_data"
    sample, fresh = next(volume.iterdir()), volume / "fresh"
    was = sample.read_bytes()
    sample.write_bytes(b"overwritten")
    fresh.write_bytes(b"new")
    words = ("--database", "keto", "--volume", "minio_data")
    done = avnwizard("snapshot", "restore", "--stack", stack, "--yes", *words)
    assert done.code == ExitCode.DONE, done.err
    assert sample.read_bytes() == was
    assert fresh.read_bytes() == b"new"
    assert [name.partition("__")[0] for name in _names(host, "kept")] == ["keto"]
    assert len(list((host.state.folder / "kept-volumes").iterdir())) == 1
    assert all(one.is_serving for one in host.stack.containers("minio"))
    unknown = avnwizard("snapshot", "restore", "--stack", stack, "--yes", "--database", "nothing")
    assert (unknown.code, "nothing" in unknown.err) == (ExitCode.REFUSED, True)


def test_prune_by_count_and_age_and_what_was_set_aside(stack: Path) -> None:
    """Young ones stay, then the newest N; databases that were set aside go only when asked for."""
    for _ in range(2):
        assert avnwizard("snapshot", "create", "--stack", stack, "--proof", "read back").code == ExitCode.DONE
    host = open_host(stack)
    (host.state.snapshots / "20200101-000000-x.partial").mkdir()
    assert avnwizard("snapshot", "restore", "--stack", stack, "--yes", "--database", "keto").code == ExitCode.DONE
    young = avnwizard("snapshot", "prune", "--stack", stack, "--keep", "0", "--dry-run", "--json").data
    assert (young["removed"], len(young["kept"]), len(young["leftover"])) == ([], 2, 1)
    one = avnwizard("snapshot", "prune", "--stack", stack, "--keep", "1", "--keep-days", "0", "--yes", "--json").data
    assert len(one["removed"]) == len(one["kept"]) == 1
    assert [folder.name for folder in host.state.snapshots.iterdir()] == [Path(one["kept"][0]["folder"]).name]
    assert len(_names(host, "kept")) == 1, "not asked for"
    both = avnwizard("snapshot", "prune", "--stack", stack, *_NOBODY_NEEDS, "--databases", "--yes")
    assert both.code == ExitCode.DONE, both.err
    assert list(host.state.snapshots.iterdir()) == []
    assert _names(host, "kept") == []


def test_a_proof_that_fails_stops_and_leaves_nothing(stack: Path) -> None:
    """A database whose dump does not restore (a check that its own rows break): told, nothing kept."""
    with psycopg.connect(**_keywords(stack, "keto"), autocommit=True) as connection:  # type: ignore[arg-type]  # strings
        connection.execute("CREATE TABLE odd (n int)")
        connection.execute("INSERT INTO odd VALUES (1)")
        connection.execute(
            "CREATE FUNCTION fits(int) RETURNS boolean LANGUAGE sql AS 'SELECT current_database() = ''keto'''"
        )
        connection.execute("ALTER TABLE odd ADD CONSTRAINT fits CHECK (fits(n))")
    said = avnwizard("snapshot", "create", "--stack", stack)
    assert said.code == ExitCode.STEP_FAILED
    assert "did not pass its proof" in said.err
    assert "read back" in said.err, "the way without it is named"
    host = open_host(stack)
    assert list(host.state.snapshots.iterdir()) == []
    assert _names(host, "proof") == []
    assert avnwizard("snapshot", "create", "--stack", stack, "--proof", "read back").code == ExitCode.DONE


def test_what_a_run_needs_is_never_pruned(stack: Path) -> None:
    """The snapshot that an unfinished upgrade may have to go back to stays, however few and young are to be kept."""
    subprocess.run(["git", "-C", str(stack), "fetch", "-q", "--tags"], check=True)
    host = open_host(stack)
    draft = inputs.draft(host, "v2.0.0")
    prepared = prepare(host, draft, Answers().accepting(draft.decisions(Answers())))
    run = launch.create_upgrade(host, prepared)
    take_as(host, prepared.plan.snapshot)
    kept = avnwizard("snapshot", "prune", "--stack", stack, *_NOBODY_NEEDS, "--yes", "--json").data
    assert kept["removed"] == []
    assert kept["kept"] == [{"folder": str(prepared.plan.snapshot.folder), "why": f"run {run} needs it"}]
    assert prepared.plan.snapshot.folder.is_dir()

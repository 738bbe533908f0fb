"""The practice host's database port: the disk that fills up, and what the official image would say."""

from pathlib import Path

import pytest

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.errors import HostError
from avnwizard.practice.disk import PracticeDatabase
from avnwizard.practice.host import PracticeHost


@pytest.fixture
def database(practice_host: PracticeHost) -> PracticeDatabase:
    """The real adapter on the practice host's server, as wiring puts it together."""
    return PracticeDatabase(PostgresDatabase(practice_host.postgres), practice_host.stack.observer)


def _ignore(_done: int, _total: int | None) -> None:
    return None


def test_a_dump_breaks_off_when_the_disk_is_full(
    practice_host: PracticeHost, database: PracticeDatabase, tmp_path: Path
) -> None:
    """By name and with a hint, leaving nothing that passes for a dump; fixed, the dump is whole."""
    practice_host.order("disk")
    target = tmp_path / "kratos.dump"
    with database.moments(["kratos"]) as (moment,):
        with pytest.raises(HostError, match="No space left on device") as caught:
            database.dump(moment, target, _ignore)
        assert caught.value.hint
        assert not target.exists()
        practice_host.failures.clear()
        database.dump(moment, target, _ignore)
    database.read_back(target)
    assert target.stat().st_mode & 0o777 == 0o600


def test_the_server_is_what_its_image_says(database: PracticeDatabase) -> None:
    """Major 17 at the official image's PGDATA, and in the version who plays it."""
    facts = database.server()
    assert facts.major == 17
    assert facts.version.startswith("17 (played by 16.")
    assert facts.data_directory == "/var/lib/postgresql/data"


def test_a_database_goes_and_comes_back_with_every_row(database: PracticeDatabase, tmp_path: Path) -> None:
    """Dumped, dropped, made again and restored through the port, its schema and rows are the same."""
    before = (database.fingerprint("kratos"), database.row_counts("kratos"))
    dump = tmp_path / "kratos.dump"
    with database.moments(["kratos"]) as (moment,):
        database.dump(moment, dump, _ignore)
    database.drop("kratos")
    assert not database.exists("kratos")
    database.create("kratos", owner="kratos")
    database.restore(dump, "kratos", _ignore)
    assert (database.fingerprint("kratos"), database.row_counts("kratos")) == before
    assert before[1]["public.identities"] == 200

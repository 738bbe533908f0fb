"""What a plan for a new Postgres major says of the new image, and by which rates it reckons."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from avnwizard.domain.checkout import Head
from avnwizard.domain.config import StatePaths
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.domain.postgres.major import DatabaseLook, ImageOffers, ServerLook, left_out, missing
from avnwizard.engine.journal import Journal
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.notes import whose_file
from avnwizard.flows.postgres.planning import plan_major
from avnwizard.flows.postgres.rates import Rates, measured
from avnwizard.flows.postgres.ways import offers, recommended
from tests.flows.postgres_killing import Process, folder_of
from tests.flows.postgres_world import make_world

_LOOK = ServerLook(
    "17.2",
    17,
    "clerk",
    (
        DatabaseLook("shop", "clerk", 10_000_000_000, (("vector", "0.8"), ("plpgsql", "1.0")), collation="2.36"),
        DatabaseLook("mail", "clerk", 1, provider="i", collation="153.14", keyless=("public.log",)),
    ),
    settings={"datestyle": "iso", "work_mem": "4MB", "old_snapshot_threshold": "1", "vector.x": "1"},
)
_MOUNT, _PGDATA = "/var/lib/postgresql", "/var/lib/postgresql/18/docker"


def test_an_extension_that_the_new_image_lacks() -> None:
    """It stands in the way with the databases that use it; an image that does not say what it has does not."""
    ((what, remedy),) = missing(_LOOK, ImageOffers(frozenset({"plpgsql"})))
    assert what == "The new image lacks the extension vector, used in shop."
    assert "--image" in remedy
    assert missing(_LOOK, ImageOffers(frozenset({"plpgsql", "vector"}))) == ()
    assert missing(_LOOK, ImageOffers()) == ()


def test_settings_and_the_order_of_text() -> None:
    """Named: settings that the new server may not know, but for an extension's, and each library with its version."""
    unknown, order = left_out(_LOOK, ImageOffers(settings=frozenset({"work_mem", "DateStyle"})))
    assert "old_snapshot_threshold" in unknown
    assert "vector.x" not in unknown
    assert "work_mem" not in unknown
    assert "datestyle" not in unknown
    assert "ICU 153.14: mail; the C library 2.36: shop" in order


def test_replication_is_recommended_only_where_all_else_takes_too_long() -> None:
    """The dump of 10 GB takes over ten minutes; a trigger that fires for replicated rows rules replication out."""
    odd = ServerLook("17.2", 17, "clerk", _LOOK.databases, odd_options=("pg_attver",))
    assert recommended(offers(odd, mount=_MOUNT, pgdata=_PGDATA)) == "logical"
    assert recommended(offers(_LOOK, mount=_MOUNT, pgdata=_PGDATA)) == "copy"
    quick = Rates(restore_bytes_s=100e6)
    assert recommended(offers(odd, mount=_MOUNT, pgdata=_PGDATA, rates=quick)) == "dump"
    firing = DatabaseLook("shop", "clerk", 10_000_000_000, firing=("copies_rows",))
    found = offers(ServerLook("17.2", 17, "clerk", (firing,), odd_options=("x",)), mount=_MOUNT, pgdata=_PGDATA)
    assert recommended(found) == "dump"
    assert "shop.copies_rows" in found[-1].why_not


def test_rates_come_from_earlier_runs(tmp_path: Path) -> None:
    """Guesses at first; afterwards how long the last upgrade by this way took, by the journal."""
    world = make_world(tmp_path / "checkout")
    process = Process(world, tmp_path / "state")
    host = process.host
    assert measured(host, 1) == Rates()
    process.order("copy")
    assert process.carry() == "done"
    _stretch(host, "move", 4.0)
    found = measured(host, 1)
    assert (found.upgrade_s, found.copy_bytes_s) == (4.0, Rates().copy_bytes_s)
    assert found.sources == ("pg_upgrade by the last one here",)
    assert folder_of(host).path.exists()


def test_a_server_outside_the_stack(tmp_path: Path) -> None:
    """It is refused before anything is asked of it, with what is left to the operator."""
    host = Process(make_world(tmp_path / "checkout"), tmp_path / "state").host
    outside = replace(host, choice=DatabaseChoice(outside="db.example.com:5432"))
    with pytest.raises(RefusedError, match=r"outside it, at db\.example\.com:5432.*Nothing was changed") as refused:
        plan_major(outside, 18)
    assert "avnwizard snapshot create" in refused.value.hint
    assert "[postgres] dsn" in refused.value.hint


def test_whose_line_is_changed(tmp_path: Path) -> None:
    """The release's file, a file of the operator's own, and one with edits already are each named."""
    host = Process(make_world(tmp_path / "checkout"), tmp_path / "state").host
    for edited, released, said in (
        ((), b"services:", "is the release's own"),
        ((), None, "a file of your own"),
        (("compose.yml",), b"services:", "has edits of yours already"),
    ):
        repo = type(
            "Repo",
            (),
            {
                "head": lambda _: Head("c0ffee", "v1", ""),
                "state": lambda _, edited=edited: type("State", (), {"edited": edited}),
                "read": lambda _, _ref, _path, released=released: released,
            },
        )()
        assert said in whose_file(replace(host, repo=cast("Any", repo)), "compose.yml")


def _stretch(host: Host, step: str, seconds: float) -> None:
    """Have a step of the only run taken so long."""
    import sqlite3

    assert isinstance(host.state, StatePaths)
    assert Journal(host.state.journal).runs()
    with sqlite3.connect(host.state.journal) as journal:
        journal.execute("UPDATE steps SET finished_at = started_at + ? WHERE name = ?", [seconds, step])

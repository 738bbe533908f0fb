"""The pure parts of a snapshot: time left, bytes done, names beside, volumes."""

from collections.abc import Callable
from itertools import chain

import pytest

from avnwizard.adapters.postgres.meter import Meter
from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.pace import Pace
from avnwizard.domain.postgres.names import beside, is_aside, purpose_of, redone, scratch, set_aside
from avnwizard.domain.volumes import DurableVolume, durable_volumes

RUN = "20261123-021400-7f"


def test_time_left_is_measured_and_corrected() -> None:
    """Unknown at first; then from the rate seen; what was never measured is believed to cost what was said."""
    clock = chain([0.0, 10.0, 20.0, 50.0])
    pace = Pace({"dump": 100, "prove": 100}, {"dump": 1.0, "prove": 3.0}, clock.__next__)
    assert pace.left_s() is None
    pace.did("dump", 50)
    assert pace.left_s() == pytest.approx(50 * 0.2 + 100 * 0.6)
    pace.did("dump", 100)
    assert pace.left_s() == pytest.approx(100 * 0.6)
    pace.did("prove", 50)
    assert pace.left_s() == pytest.approx(50 * 0.6)
    assert (pace.done_bytes, pace.total_bytes) == (150, 200)


def test_nothing_is_done_twice_or_beyond_the_end() -> None:
    """A dump that tells less than before, or more than there is, moves nothing back and nothing past the end."""
    pace = Pace({"dump": 100}, {"dump": 1.0}, chain([0.0, 1.0, 2.0, 3.0]).__next__)
    for told, done in ((60, 60), (40, 60), (400, 100)):
        pace.did("dump", told)
        assert pace.done_bytes == done
    assert pace.left_s() == 0


def test_bytes_done_follow_the_tables_in_their_order() -> None:
    """By schema and name, part of the current one by its rows; a small table missed between two looks counts too."""
    meter = Meter({("a", "x"): (100, 10), ("a", "y"): (50, 0), ("b", "a"): (200, 4)})
    assert meter.total == 350
    assert meter.at(("a", "x"), 5) == 50
    assert meter.at(("b", "a"), 1) == 200
    assert meter.at(("a", "x"), 9) == 200
    assert meter.at(("b", "a"), 400) == 350


@pytest.mark.parametrize("name", ["kratos", "ü" * 40, 'odd "name"'])
def test_names_beside_are_ours_and_short_enough(name: str) -> None:
    """Each purpose is read from the name, which Postgres would not cut."""
    found = {purpose_of(make(name, RUN)): len(make(name, RUN).encode()) for make in (beside, set_aside, scratch)}
    assert set(found) == {"restoring", "kept", "proof"}
    assert max(found.values()) <= 63


@pytest.mark.parametrize("make", [beside, redone, scratch, set_aside])
def test_long_names_that_begin_alike_stay_apart(make: Callable[[str, str], str]) -> None:
    """Or one database would be restored over another's copy, and put in its place."""
    begun = "customer_acme_identity_production_europe"
    assert len({make(f"{begun}_{name}", RUN) for name in ("kratos", "hydra", "keto")}) == 3
    assert make("kratos", RUN).startswith("kratos__")


@pytest.mark.parametrize("name", ["kratos", "x__kept_old", "x__proof_2024", f"x__kept_{RUN}_copy", f"x_kept_{RUN}"])
def test_an_operators_database_is_not_taken_for_ours(name: str) -> None:
    """Only a run's whole name at the end makes it ours: what is ours may be dropped."""
    assert not is_aside(name)


def test_durable_volumes_are_named_written_and_not_the_databases() -> None:
    """Bind mounts, read-only ones, tmpfs and the database's own are left out; a shared one is told once."""

    def mount(source: str, kind: str = "volume", **more: object) -> dict[str, object]:
        return {"type": kind, "source": source, "target": f"/{source}", **more}

    services = {
        "postgres": {"image": "postgres:17", "volumes": [mount("postgres_data")]},
        "minio": {"image": "minio", "volumes": [mount("minio_data"), mount("/etc/x", "bind")]},
        "backup": {"image": "backup", "volumes": [mount("minio_data", read_only=True), mount("backups")]},
    }
    volumes = {"minio_data": {"name": "shop_minio_data"}}
    model = model_from_config({"name": "shop", "services": services, "volumes": volumes})
    assert durable_volumes(model, but=("postgres",)) == (
        DurableVolume("backups", "backup", "/backups", "backups"),
        DurableVolume("minio_data", "minio", "/minio_data", "shop_minio_data"),
    )

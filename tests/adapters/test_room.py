"""What the engine's machine has for containers, as the engine and Linux tell it."""

from pathlib import Path

import pytest

from avnwizard.adapters.docker.room import room_of, taken_bytes
from avnwizard.domain.room import Room


@pytest.mark.parametrize(
    ("stats", "taken"),
    [
        ({"memory_stats": {"usage": 100, "stats": {"inactive_file": 30}}}, 70),
        ({"memory_stats": {"usage": 100, "stats": {"total_inactive_file": 40}}}, 60),
        ({"memory_stats": {"usage": 100}}, 100),
        ({"memory_stats": {}}, 0),
        ({}, 0),
    ],
)
def test_cached_files_are_not_taken(stats: dict[str, object], taken: int) -> None:
    """As `docker stats` counts, with cgroup v2 and v1; an engine that does not answer tells nothing."""
    assert taken_bytes(stats) == taken


def test_an_engine_elsewhere_tells_nothing() -> None:
    """Its machine's memory cannot be seen from here."""
    assert room_of(None, {"0a1b": "web"}) == Room()


def test_free_memory_is_that_of_this_machine(tmp_path: Path) -> None:
    """As Linux counts what new processes may take; None where it does not tell."""
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:       100 kB\nMemFree:  10 kB\nMemAvailable:    42 kB\n")
    nobody = tmp_path / "no.sock"
    assert room_of(nobody, {}, meminfo=meminfo) == Room(0, 42 * 1024, {})
    assert room_of(nobody, {}, meminfo=tmp_path / "none").available_bytes is None

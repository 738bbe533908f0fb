"""Durations, sizes, times and counts in words."""

import os
import time
from collections.abc import Iterator

import pytest

from avnwizard.domain import words


@pytest.fixture
def berlin() -> Iterator[None]:
    """A host in a zone that is not UTC."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "CET-1"
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (4.9, "4 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (95, "1 min 35 s"),
        (3600, "1 h"),
        (4800, "1 h 20 min"),
        (86400, "1 day"),
        (3 * 86400 + 4 * 3600, "3 days 4 h"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    """At most two units, each with its name."""
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.1, "1 s"),
        (7.6, "8 s"),
        (42, "40 s"),
        (58, "1 min"),
        (95, "1 min 35 s"),
        (170, "3 min"),
        (3590, "1 h"),
        (4860, "1 h 20 min"),
    ],
)
def test_expected_durations_are_rounded(seconds: float, said: str) -> None:
    """A guess has no more digits than it is worth."""
    assert words.about(seconds) == said


@pytest.mark.parametrize(
    ("milliseconds", "said"), [(40, "40 ms"), (999.4, "999 ms"), (1200, "1.2 s"), (185_000, "3 min 5 s")]
)
def test_latencies(milliseconds: float, said: str) -> None:
    """Measured times keep what was measured."""
    assert words.latency(milliseconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999_900, "1 MB"),
        (42_900_000, "42.9 MB"),
        (70_036_595, "70 MB"),
        (288_400_000, "288 MB"),
        (1_250_000_000, "1.2 GB"),
        (182e9, "182 GB"),
        (5e15, "5000 TB"),
    ],
)
def test_sizes(count: float, said: str) -> None:
    """Three digits are enough."""
    assert words.size(count) == said


def test_counts_agree_with_their_nouns() -> None:
    """One thing, several things, and verbs that agree with them."""
    assert [words.count(n, "decision") for n in (0, 1, 2, 1200)] == [
        "0 decisions",
        "1 decision",
        "2 decisions",
        "1,200 decisions",
    ]
    assert words.count(2, "entry", "entries") == "2 entries"
    assert [words.verb(n, "is", "are") for n in (1, 2)] == ["is", "are"]


@pytest.mark.usefixtures("berlin")
def test_times_in_files_carry_their_zone() -> None:
    """ISO 8601 with the zone in files, a short local time on screens."""
    assert words.timestamp(1_795_000_000.4) == "2026-11-18T12:06:40+01:00"
    assert words.timestamp(0) == ""
    assert words.moment(1_795_000_000) == "2026-11-18 12:06"
    assert words.time_of_day(1_795_000_000) == "12:06"
    assert words.time_of_day(1_795_000_000, to_the_second=True) == "12:06:40"

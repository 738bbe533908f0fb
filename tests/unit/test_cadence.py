"""How old a release is, what ends, and until when PostgreSQL is supported."""

from datetime import date

import pytest

from avnwizard.domain.cadence import (
    Cadence,
    age,
    day_of,
    deprecations,
    findings,
    months_after,
    standing,
    support,
    supported_until,
)
from avnwizard.domain.changelog import sections_between

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-07-01T10:00:00+02:00", date(2026, 7, 1)),
        ("2026-07", date(2026, 7, 1)),
        ("2026-02-30", None),
        ("", None),
        ("soon\x1b[31m", None),
    ],
)
def test_a_day_is_read_or_not(text: str, day: date | None) -> None:
    """What is no date is none, whatever is in it."""
    assert day_of(text) == day


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 6, 15), 6, date(2026, 12, 15)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 5, 31), 0, date(2026, 5, 31)),
    ],
)
def test_months_later(day: date, months: int, then: date) -> None:
    """The same day of a later month, or its last."""
    assert months_after(day, months) == then


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (date(2026, 11, 28), "today"),
        (date(2026, 11, 29), "today"),
        (date(2026, 11, 27), "1 day"),
        (date(2026, 7, 30), "4 months"),
        (date(2024, 11, 1), "2 years"),
    ],
)
def test_an_age(since: date, told: str) -> None:
    """Days, then months, then years; a clock that is behind makes nothing negative."""
    assert age(since, TODAY) == told


NOTES = """# Changelog
## 1.5.0 - 2026-06-10
### Deprecated
- `LEGACY_COOKIE` is ignored from the next major on.
### Added
- Something.
## 1.4.0 - 2026-05-01
### Deprecated
- The v1 audit API.
## 1.3.0 - 2026-07-20
### Deprecated
- The old metrics names.
## 1.2.0
### Deprecated
- What has no date.
"""


def test_deprecations_that_end_soon() -> None:
    """Six months after their release: not what ended already, not what has time, nothing without a date."""
    sections = sections_between(NOTES, "v0.0.0", "v1.5.0").versions
    found = deprecations(sections, months=6, today=TODAY, before=date(2026, 12, 28))
    assert [(one.release, one.ends) for one in found] == [("1.5.0", date(2026, 12, 10))]
    assert "LEGACY_COOKIE" in found[0].title


def test_postgres_is_warned_of_in_time() -> None:
    """Supported, ending within half a year, ended, unknown and too old: five answers."""

    def said(major: int | None) -> list[tuple[str, str]]:
        until = supported_until(major) if major else None
        found = findings(Cadence(TODAY, postgres=major, supported_until=until))
        return [(one.level, one.message) for one in found]

    assert said(17) == [("ok", "PostgreSQL 17 is supported until 2029-11-08.")]
    assert said(14) == [("warn", "PostgreSQL 14 gets no fixes since 2026-11-12.")]
    assert said(9) == [("warn", "PostgreSQL 9 gets no fixes any more.")]
    assert said(99) == said(None) == []
    soon = Cadence(date(2027, 9, 1), postgres=15, supported_until=supported_until(15))
    assert [(one.level, one.message) for one in findings(soon)] == [
        ("warn", "PostgreSQL 15 gets its last fixes on 2027-11-11.")
    ]


@pytest.mark.parametrize(
    ("major", "told"),
    [
        (17, ("17, supported until 2029-11-08", True)),
        (14, ("14, without fixes since 2026-11-12", False)),
        (9, ("9, which gets no fixes any more", False)),
        (99, ("99", True)),
        (None, ("", True)),
    ],
)
def test_the_support_of_postgres_in_a_clause(major: int | None, told: tuple[str, bool]) -> None:
    """Until when, and whether that is more than half a year away; nothing that is not known."""
    until = supported_until(major) if major else None
    assert support(Cadence(TODAY, postgres=major, supported_until=until)) == told


def test_where_a_release_stands() -> None:
    """Its age and what is newer; nothing where neither is known."""
    assert standing(Cadence(TODAY)) == ""
    assert standing(Cadence(TODAY, "v1", date(2026, 7, 30), 2, "v3")) == "4 months old, 2 newer releases known here"
    assert standing(Cadence(TODAY, "v1", TODAY)) == "released today"

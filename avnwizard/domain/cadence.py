"""How old a release is, what is newer, which deprecations end, and how long a PostgreSQL major is supported."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from avnwizard.domain.changelog.values import Section
from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.domain.words import count

_END_OF_LIFE = {
    12: date(2024, 11, 21),
    13: date(2025, 11, 13),
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}
"""PostgreSQL major -> the day of its last minor release. Source: postgresql.org, "Versioning Policy"."""
_SOON = timedelta(days=183)
"""So long before its end a major is warned of: time for a rehearsal and a quiet night."""
_DEPRECATED = frozenset({"deprecated", "deprecation", "deprecations"})
_MONTHS = 12
_YEAR_DAYS = 365.25
_LONG_AGO = 2
"""From so many years on an age is given in years."""


@dataclass(frozen=True)
class Deprecation:
    """What a release announced to go.

    Attributes:
        title: the project's words (hostile).
        release: the version that announced it, as its notes write it.
        ends: from when on it may be gone, by the policy.
    """

    title: str
    release: str
    ends: date


@dataclass(frozen=True)
class Cadence:
    """Where a stack stands in time.

    Attributes:
        release: the current release; "" where the checkout is at none.
        released: its day; None where that cannot be read.
        newer: how many later releases the checkout knows.
        newest: the last of them, "" where there is none.
        ending: deprecations that end before the next release is due, the first to end first.
        postgres: the major of the server; None where it was not asked.
        supported_until: the end of that major; None where this version of avnwizard does not know it.
    """

    today: date
    release: str = ""
    released: date | None = None
    newer: int = 0
    newest: str = ""
    ending: tuple[Deprecation, ...] = ()
    postgres: int | None = None
    supported_until: date | None = None


def known_majors() -> tuple[int, ...]:
    """The PostgreSQL majors that are known here, the oldest first."""
    return tuple(sorted(_END_OF_LIFE))


def supported_until(major: int) -> date | None:
    """The day of a PostgreSQL major's last minor release; None where it is not known here."""
    return _END_OF_LIFE.get(major)


def day_of(text: str) -> date | None:
    """The day that an ISO 8601 date begins with (`2026-07-01T…`, `2026-07`); None for anything else."""
    head = text[:10] if len(text) >= len("2026-07-01") else f"{text[:7]}-01"
    try:
        return date.fromisoformat(head)
    except ValueError:
        return None


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    following = date(year + (month + 1) // _MONTHS, (month + 1) % _MONTHS + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def deprecations(sections: Iterable[Section], *, months: int, today: date, before: date) -> tuple[Deprecation, ...]:
    """What some releases deprecated, and what ends from `today` on and before a day, the first to end first.

    Args:
        months: for how long something deprecated stays, from the day of the release that says so.
    """
    found = [
        Deprecation(notice.title, section.version, months_after(announced, months))
        for section in sections
        if section.date and (announced := day_of(section.date))
        for notice in section.notices
        if notice.kind.lower() in _DEPRECATED
    ]
    return tuple(sorted((one for one in found if today <= one.ends < before), key=lambda one: one.ends))


def age(since: date, today: date) -> str:
    """How long ago a day is, roughly: "today", "12 days", "4 months", "2 years"."""
    days = (today - since).days
    if days < 1:
        return "today"
    if days < 2 * 31:
        return count(days, "day")
    if days < _LONG_AGO * _YEAR_DAYS:
        return count(round(days / _YEAR_DAYS * _MONTHS), "month")
    return count(int(days / _YEAR_DAYS), "year")


def standing(cadence: Cadence) -> str:
    """How old the release is and how many are newer: the end of a line that names it; "" where neither is known."""
    parts = []
    if cadence.released:
        told = age(cadence.released, cadence.today)
        parts.append("released today" if told == "today" else f"{told} old")
    if cadence.newer:
        parts.append(f"{count(cadence.newer, 'newer release')} known here")
    return ", ".join(parts)


def support(cadence: Cadence) -> tuple[str, bool]:
    """The server's major with the end of its support, and whether that is far enough; "" where none is known."""
    end, major = cadence.supported_until, cadence.postgres
    if major is None:
        return "", True
    if end is None:
        old = major < min(_END_OF_LIFE)
        return f"{major}, which gets no fixes any more" if old else str(major), not old
    told = "without fixes since" if end < cadence.today else "supported until"
    return f"{major}, {told} {end.isoformat()}", end - cadence.today > _SOON


def findings(cadence: Cadence) -> Iterator[Finding]:
    """What is worth knowing of it before an upgrade is put off."""
    for one in cadence.ending:
        yield Finding(
            "cadence",
            "warn",
            f"What {printable(one.release, limit=40)} deprecated may be gone from {one.ends.isoformat()} on: "
            f"{printable(one.title, limit=160)}",
            "Look whether you use it: avnwizard changelog",
        )
    if cadence.postgres is None:
        return
    end, major = cadence.supported_until, cadence.postgres
    if end is None:
        if major < min(_END_OF_LIFE):
            yield Finding(
                "cadence", "warn", f"PostgreSQL {major} gets no fixes any more.", "avnwizard postgres plan --to 18"
            )
        return
    if end - cadence.today > _SOON:
        yield Finding("cadence", "ok", f"PostgreSQL {major} is supported until {end.isoformat()}.")
        return
    ended = end < cadence.today
    when = f"gets no fixes since {end.isoformat()}" if ended else f"gets its last fixes on {end.isoformat()}"
    yield Finding(
        "cadence",
        "warn",
        f"PostgreSQL {major} {when}.",
        f"Plan the upgrade to a later major: avnwizard postgres plan --to {max(_END_OF_LIFE)}",
    )

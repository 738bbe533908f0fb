"""What going back costs, in words: nouns from table names, the big ones first, never more than is known."""

import time
from dataclasses import replace

import pytest

from avnwizard.domain.going_back import GoingBack, phrase, sentence, things
from avnwizard.domain.postgres.names import beside, is_aside, set_aside
from avnwizard.domain.postgres.writes import (
    TableCount,
    TableWrites,
    WriteCounters,
    Written,
    apart,
    together,
    without,
    written_between,
)
from avnwizard.domain.words import clock

NOON = time.mktime((2026, 11, 23, 12, 0, 0, 0, 0, -1))


def _cost(written: Written, *, restore: bool = True, seconds: float = 40.0, measured: bool = True) -> GoingBack:
    at = time.mktime((2026, 11, 23, 2, 14, 0, 0, 0, -1))
    return GoingBack(restore, "why", at, (("kratos", written),), Written(), seconds, seconds + 60, measured)


def test_the_sentence_of_the_issue() -> None:
    """Exactly the words that were asked for, and what follows them."""
    written = Written((TableWrites("public.identities", 1, 0, 0), TableWrites("public.sessions", 14, 0, 0)))
    assert sentence(_cost(written), NOON) == (
        "going back now: about 40 s down, 14 new sessions and 1 new identity lost (since 02:14)"
    )
    assert sentence(_cost(written, measured=False), NOON).startswith("going back now: perhaps 40 s down, ")
    kept = sentence(_cost(written, restore=False, seconds=0.0), NOON)
    assert kept == "going back now: nobody is interrupted, no row lost"
    none = sentence(replace(_cost(Written()), since=0.0), NOON)
    assert none == "going back now: impossible: it would need a snapshot, and there is none"
    assert "2026-11-23 02:14" in sentence(_cost(written), NOON + 86_400)
    migrating = sentence(replace(_cost(written), migrating=True), NOON)
    assert migrating.endswith("lost (since 02:14); what users write while the migration runs would be lost too")
    unknown = sentence(_cost(Written(exact=False)), NOON)
    assert unknown == "going back now: about 40 s down, an unknown number of rows lost (since 02:14)"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (TableWrites("public.identities", 1, 0, 0), "1 new identity"),
        (TableWrites("public.identities", 2, 1, 0), "2 new and 1 changed identity"),
        (TableWrites("public.sessions", 1200, 0, 7), "1,200 new and 7 deleted sessions"),
        (TableWrites("polis.jackson_store", 3, 0, 0), "3 new rows of jackson store"),
        (TableWrites("public.login_status", 0, 1, 0), "1 changed row of login status"),
        (TableWrites("public.addresses", 0, 0, 1), "1 deleted address"),
        (TableWrites("public.mailboxes", 1, 0, 0), "1 new mailbox"),
        (TableWrites("public.s", 1, 0, 0), "1 new row of s"),
        (TableWrites("public.\x1b[31mred\u202e", 1, 0, 0), "1 new row of ␛[31mred\\u202e"),
        (TableWrites("public." + "x" * 60 + "s", 2, 0, 0), "2 new rows of " + "x" * 47 + "…"),
    ],
)
def test_a_table_in_words(table: TableWrites, told: str) -> None:
    """Plural names become nouns, others are told as rows; hostile names are shown, never emitted."""
    assert phrase(table) == told


def test_many_tables_and_lost_counts() -> None:
    """The three largest by name and the rest counted; "at least" where counts were lost."""
    tables = tuple(TableWrites(f"public.table_{n}s", n, 0, 0) for n in range(1, 6))
    told = "5 new table 5s, 4 new table 4s, 3 new table 3s and rows of 2 more tables"
    assert things(Written(tables)) == told
    assert things(Written(tables, exact=False)) == f"at least {told}"
    assert things(Written(tables[:4])).endswith("and rows of 1 more table")
    assert things(Written()) == "no row"
    assert things(Written(exact=False)) == "rows that nobody counted"


def test_counts_are_compared_by_table_not_by_name() -> None:
    """A renamed table keeps its counts, one made anew under an old name starts at nothing."""
    before = WriteCounters("e", {"a.x": TableCount(1, 10, 5, 2), "a.y": TableCount(2, 9, 0, 0)})
    after = WriteCounters("e", {"a.z": TableCount(1, 12, 5, 2), "a.y": TableCount(3, 4, 0, 0)})
    found = written_between(before, after)
    assert found.tables == (TableWrites("a.y", 4, 0, 0), TableWrites("a.z", 2, 0, 0))
    assert not found.exact, "table 2 took its counts with it"
    assert written_between(before, before) == Written()
    fallen = WriteCounters("e", {**before.tables, "a.x": TableCount(1, 3, 0, 0)})
    assert written_between(before, fallen) == Written((TableWrites("a.x", 3, 0, 0),), exact=False)


def test_a_truncated_table_is_told() -> None:
    """Another file with no old row in it: they went uncounted. A table that was merely rewritten keeps its rows."""

    def after(count: TableCount) -> Written:
        return written_between(WriteCounters("e", {"a.x": was}), WriteCounters("e", {"a.x": count}))

    was = TableCount(1, 100, 5, 10, file=7, live=90)
    assert after(TableCount(1, 102, 5, 10, file=8, live=2)) == Written((TableWrites("a.x", 2, 0, 90),), exact=False)
    assert after(TableCount(1, 102, 5, 10, file=8, live=92)) == Written((TableWrites("a.x", 2, 0, 0),))
    assert after(TableCount(1, 100, 5, 100, file=8, live=0)) == Written((TableWrites("a.x", 0, 0, 90),))
    assert after(TableCount(1, 100, 5, 10)) == Written(), "noted by an older version"


def test_sums_and_differences() -> None:
    """What a migration wrote is taken off; several databases are added up."""
    one = Written((TableWrites("a.x", 5, 1, 0), TableWrites("a.y", 2, 0, 0)))
    assert without(one, [TableWrites("a.x", 2, 1, 9), TableWrites("a.y", 2, 0, 0)]).tables == (
        TableWrites("a.x", 3, 0, 0),
    )
    both = together([one, Written((TableWrites("a.y", 1, 1, 1),), exact=False)])
    assert both == Written((TableWrites("a.x", 5, 1, 0), TableWrites("a.y", 3, 1, 1)), exact=False)
    assert both.rows == 11


def test_records_of_migrations_are_nobodys_writes() -> None:
    """Tables in which migrations note themselves are told apart; names that only sound so are not."""
    records = [
        TableWrites(f"public.{name}", 1, 0, 0) for name in ("schema_migrations", "migration", "polis_migrations")
    ]
    users = [TableWrites(f"public.{name}", 1, 0, 0) for name in ("immigration", "migrations_of_birds", "sessions")]
    assert apart(Written((*records, *users), exact=False)) == (
        Written(tuple(users), exact=False), Written(tuple(records)),
    )  # fmt: skip


def test_names_beside() -> None:
    """Names are told apart from the operator's own, and cut by bytes, never within a character."""
    run = "20261123-021400-7f"
    assert is_aside(beside("kratos", run))
    assert is_aside(set_aside("kratos", run))
    assert not is_aside("my__kept__db")
    assert not is_aside("kratos")
    long = set_aside("ü" * 40, run)
    assert len(long.encode()) <= 63
    assert long.startswith("ü")
    assert clock(NOON, NOON) == "12:00"

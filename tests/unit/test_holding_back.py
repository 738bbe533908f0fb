"""Which statements of a release can wait, what stands in for them, and which lists of migrations take that."""

import pytest

from avnwizard.adapters.sql.reader import ChildSqlReader
from avnwizard.domain.migrations.holding import CannotHoldError, ColumnFacts, Cut, split
from avnwizard.domain.migrations.release_list import ListTable, listed

_PLAIN = ColumnFacts("public", "text")


def _cut(*texts: str, facts: ColumnFacts | None = _PLAIN) -> Cut:
    pieces = ChildSqlReader().cut(texts)
    named = [(f"m/{number:04}_x.sql", one) for number, one in enumerate(pieces, 1)]
    return split(named, lambda _schema, _table, _column: facts)


def test_what_can_wait() -> None:
    """Drops wait; the rest of the same ALTER TABLE and of the release up to there runs; later files stay theirs."""
    found = _cut(
        "CREATE TABLE n (id int)",
        "BEGIN; ALTER TABLE t DROP COLUMN a, ADD COLUMN b int; DROP TABLE old; COMMIT",
        "ALTER TABLE t ADD COLUMN c int",
    )
    assert [one.path for one in found.files] == ["m/0001_x.sql", "m/0002_x.sql"]
    assert found.files[1].first == ("ALTER TABLE t ADD COLUMN b integer",)
    assert found.files[1].later == ("ALTER TABLE t DROP COLUMN a", "DROP TABLE old")
    assert found.files[1].gone == (("", "t", "a"), ("", "old", ""))


def test_a_column_that_must_not_be_empty() -> None:
    """The new code does not fill it, so it may be empty once the new code runs."""
    found = _cut("ALTER TABLE t DROP COLUMN a", facts=ColumnFacts("s", "text", required=True))
    assert found.files[0].first == ('ALTER TABLE "s"."t" ALTER COLUMN "a" DROP NOT NULL',)


@pytest.mark.parametrize(
    ("texts", "facts", "why"),
    [
        (
            ("ALTER TABLE t ALTER COLUMN a TYPE int USING a::int",),
            _PLAIN,
            "0001_x.sql:1 cannot wait: changes column a",
        ),
        (
            ("ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a int",),
            _PLAIN,
            "uses what m/0001_x.sql:1 changes",
        ),
        (("DROP TABLE t", "CREATE TABLE t (id int)"), _PLAIN, "m/0002_x.sql:1 uses what"),
        (("ALTER TABLE t RENAME COLUMN a TO b",), ColumnFacts("s", "int", in_key=True), "belongs to the primary key"),
        (("ALTER TABLE t RENAME COLUMN a TO b",), ColumnFacts("s", "int", tangled="a view"), "cannot wait: a view"),
        (("ALTER TABLE t RENAME COLUMN a TO b",), None, "there is no column t.a now"),
        (("ALTER TABLE t RENAME TO u",), _PLAIN, "cannot wait: renames table"),
        (("DROP TABLE t; CREATE INDEX CONCURRENTLY i ON u (a)",), _PLAIN, "cannot run in a transaction"),
        (("DROP TABLE t; nonsense",), _PLAIN, "cannot be cut into statements"),
        (("DROP TABLE t",), ColumnFacts("s", "", tangled="it refers"), "drops t, which cannot wait: it refers"),
        (("ALTER TABLE t DROP COLUMN a",), ColumnFacts("s", "int", constrained=True), "a constraint is on it"),
        (("DROP TABLE t; COPY u FROM stdin",), _PLAIN, "cannot run in a transaction"),
        (("CREATE TABLE t (id int)",), _PLAIN, "no statement breaks the old code"),
    ],
)
def test_what_cannot_wait(texts: tuple[str, ...], facts: ColumnFacts | None, why: str) -> None:
    """Each with its place and the reason."""
    with pytest.raises(CannotHoldError) as caught:
        _cut(*texts, facts=facts)
    assert why in str(caught.value)


def _table(*names: str, **more: tuple[str, ...]) -> ListTable:
    return ListTable("public", "schema_migrations", "app", {"version": frozenset(names)}, **more)


@pytest.mark.parametrize(
    ("names", "recorded"),
    [
        (("m/0000_a.sql",), "m/0001_x.sql"),
        (("0000_a.sql",), "0001_x.sql"),
        (("0000_a",), "0001_x"),
        (("0000",), "0001"),
        (("0001_x.sql",), None),
    ],
)
def test_the_releases_own_list(names: tuple[str, ...], recorded: str | None) -> None:
    """It is the table that names every migration of the current release, and is written as it writes."""
    found = listed(_cut("DROP TABLE t"), ["m/0000_a.sql"], "app", [_table(*names)])
    assert (found.files[0].recorded if found else None) == recorded


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (_table("0000_a.sql", sums=("checksum",)), "keeps a checksum"),
        (_table("0000_a.sql", unfilled=("version", "batch")), "wants a value for batch"),
        (_table("0000_a.sql", "0001_x.sql"), "says that 0001_x.sql ran already"),
    ],
)
def test_a_list_that_takes_no_file_of_others(table: ListTable, why: str) -> None:
    """It would refuse the file later, or nobody knows what to write."""
    with pytest.raises(CannotHoldError) as caught:
        listed(_cut("DROP TABLE t"), ["m/0000_a.sql"], "app", [table])
    assert why in str(caught.value)

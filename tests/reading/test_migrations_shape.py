"""Migrations are judged against the tables that exist: those of the live database, or those of older files."""

import pytest

from avnwizard.domain.migrations import Alteration, Effect, Kind, TableSize, read_migrations, shape_after
from avnwizard.domain.migrations.shape import Shape, stored_alike
from tests.reading.in_process import judge

_OLD = {
    "1.sql": "CREATE TABLE users (id serial PRIMARY KEY, email varchar(50), cost numeric(8,2), tags text[]);",
    "2.sql": "CREATE TABLE IF NOT EXISTS notes (at timestamp(3)); ALTER TABLE notes ADD IF NOT EXISTS body text;",
    "3.sql": "ALTER TABLE users RENAME cost TO price; ALTER TABLE notes RENAME TO remarks; CREATE TABLE x (a int)",
    "4.sql": "DROP TABLE x; ALTER TABLE users ADD COLUMN seen int; ALTER TABLE users DROP COLUMN seen;",
    "4.down.sql": "DROP TABLE users;",
}


def _kinds(sql: str, sizes: dict[str, TableSize] | None = None) -> list[str]:
    before = shape_after(_OLD, judge) if sizes is None else None
    return [str(s.kind) for s in read_migrations({"9.sql": sql}, judge, sizes, before=before).statements]


def test_what_earlier_files_leave() -> None:
    """Made, renamed, changed and dropped in their order; down migrations do not count."""
    assert shape_after(_OLD, judge) == {
        "users": {"id": "int4", "email": "varchar(50)", "price": "numeric(8,2)", "tags": "_text"},
        "remarks": {"at": "timestamp(3)", "body": "text"},
    }


@pytest.mark.parametrize(
    "files",
    [
        {"1.sql": "CREATE TABLE t (a int)", "2.sql": "SELEKT"},
        {"1.sql": "DO $$ BEGIN EXECUTE 'drop ' || 'table t'; END $$"},
        {"0001_first.py": "operations = []"},
    ],
)
def test_files_that_cannot_be_followed_leave_nobody_knows_what(files: dict[str, str]) -> None:
    """One file that is no SQL may have made or dropped anything."""
    assert shape_after(files, judge) is None


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("ALTER TABLE users ALTER email TYPE varchar(100)", [Kind.ADDITIVE]),
        ("ALTER TABLE public.users ALTER email TYPE text", [Kind.ADDITIVE]),
        ("ALTER TABLE users ALTER email TYPE varchar(20)", [Kind.INCOMPATIBLE]),
        ("ALTER TABLE users ALTER id TYPE bigint", [Kind.REWRITING]),
        ("ALTER TABLE users ALTER price TYPE numeric(12,2)", [Kind.ADDITIVE]),
        ("ALTER TABLE users ALTER email TYPE text USING lower(email)", [Kind.INCOMPATIBLE]),
        (
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text; UPDATE users SET email = ''",
            [Kind.ADDITIVE, Kind.DESTRUCTIVE],
        ),
        (
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS fresh text; UPDATE users SET fresh = ''",
            [Kind.ADDITIVE, Kind.REWRITING],
        ),
        (
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text; CREATE UNIQUE INDEX ON users (email)",
            [Kind.ADDITIVE, Kind.INCOMPATIBLE],
        ),
        ("ALTER TABLE users DROP COLUMN IF EXISTS nothing", [Kind.ADDITIVE]),
        ("ALTER TABLE users DROP COLUMN IF EXISTS email", [Kind.DESTRUCTIVE]),
        ("DROP TABLE IF EXISTS nothing", [Kind.ADDITIVE]),
        ("DROP TABLE IF EXISTS users", [Kind.DESTRUCTIVE]),
    ],
)
def test_judged_by_what_older_files_left(sql: str, kinds: list[Kind]) -> None:
    """A type that is stored alike costs nothing; a column that was there before is not this release's own."""
    assert _kinds(sql) == [str(kind) for kind in kinds]


def test_judged_by_the_live_database() -> None:
    """The same of the tables that there are; that a table is missing reassures nobody: other servers may have it."""
    live = {"app.users": TableSize(1 << 30, 9, {"email": "varchar(50)"})}
    assert _kinds("ALTER TABLE users ALTER email TYPE varchar(80)", live) == ["additive"]
    assert _kinds("ALTER TABLE users ADD COLUMN IF NOT EXISTS email text; UPDATE users SET email = ''", live) == [
        "additive",
        "destructive",
    ]
    assert _kinds("DROP TABLE IF EXISTS elsewhere", live) == ["destructive"]


def test_a_name_in_several_schemas_reassures_nobody() -> None:
    """Where a search_path leads is not known: neither a type nor an absence is concluded from another's table."""
    two = {"app.t": TableSize(9, 1, {"c": "varchar(9)"}), "b.t": TableSize(9, 1, {"c": "varchar(50)"})}
    assert _kinds("ALTER TABLE t ALTER c TYPE varchar(20)", two) == ["incompatible"]
    assert _kinds("DROP TABLE IF EXISTS app.users") == ["destructive"], "made as `users`, perhaps in app"


def test_nobody_knows_the_table() -> None:
    """Without a database and without older files, a column added only if it is missing may have been there."""
    sql = "ALTER TABLE t ADD COLUMN IF NOT EXISTS c text; UPDATE t SET c = ''"
    found = read_migrations({"1.sql": sql}, judge)
    assert [str(one.kind) for one in found.statements] == ["additive", "destructive"]
    assert "may have been there before" in found.statements[1].why


@pytest.mark.parametrize(
    ("was", "wanted", "alike"),
    [
        ("varchar(50)", "varchar(51)", True),
        ("varchar(50)", "varchar", True),
        ("text", "varchar(50)", False),
        ("bpchar(5)", "varchar(5)", False),
        ("numeric(8,2)", "numeric", True),
        ("numeric(8)", "numeric(9,0)", True),
        ("numeric(8,2)", "numeric(9,3)", False),
        ("numeric", "numeric(9,3)", False),
        ("timestamptz(3)", "timestamptz", True),
        ("timestamp", "timestamp(3)", False),
        ("timestamp", "timestamptz", False),
        ("int4", "int4", True),
        ("", "int4", False),
        ("odd((", "odd((", True),
    ],
)
def test_what_is_stored_alike(was: str, wanted: str, alike: bool) -> None:
    """As the manual of ALTER TABLE says; whatever is not known to be alike is not."""
    assert stored_alike(was, wanted) is alike


def test_a_rename_keeps_the_schema() -> None:
    """`ALTER TABLE app.t RENAME TO u` leaves app.u."""
    shape = Shape({"app.t": {"a": "int4"}}, complete=True)
    shape.settle(Effect("renames", "t", change=Alteration("rename", "t", (("", "u"),))))
    assert shape.columns == {"app.u": {"a": "int4"}}

"""Migrations run in a release's place, on PostgreSQL 16 and 18: who runs them, all or nothing, what is seen."""

import pytest

from avnwizard.adapters.postgres.database import PostgresDatabase
from avnwizard.adapters.postgres.migrating import PostgresMigrations
from avnwizard.domain.migrations.holding import Cut, SplitFile
from avnwizard.domain.migrations.release_list import Split, listed
from avnwizard.errors import HostError
from tests.adapters.postgres_filled import server
from tests.adapters.postgres_server import LocalServer, postgres

__all__ = ["postgres", "server"]
_FILE = SplitFile(
    "m/2.sql", "", ("CREATE TABLE made (id int)",), ("DROP TABLE old",), ("m/2.sql:1",), (("", "old", ""),)
)


@pytest.fixture
def at(server: LocalServer) -> PostgresMigrations:
    """A database whose tables belong to `clerk`, with a list that names one migration."""
    PostgresDatabase(server).create("shop", owner="clerk")
    server.sql(
        "shop",
        "SET ROLE clerk",
        "CREATE SCHEMA app",
        "CREATE TABLE app.schema_migrations (version text PRIMARY KEY, at timestamptz DEFAULT now())",
        "INSERT INTO app.schema_migrations VALUES ('1')",
        'CREATE TABLE app."Odd t" (id int PRIMARY KEY, "a b" varchar(9) NOT NULL UNIQUE, c int CHECK (c > 0))',
        'CREATE TABLE app.child (id int REFERENCES app."Odd t")',
        "RESET ROLE",
    )
    return PostgresMigrations(server, "shop")


def _split(at: PostgresMigrations, *first: str) -> Split:
    one = SplitFile(_FILE.path, "", first or _FILE.first, _FILE.later, _FILE.held, _FILE.gone)
    found = listed(Cut((one,), frozenset()), ["m/1.sql"], "shop", at.lists())
    assert found is not None
    return found


def test_the_list_is_found_and_written(at: PostgresMigrations, server: LocalServer) -> None:
    """As its owner, in its schema: what is made belongs to the owner, and the list names the file."""
    split = _split(at)
    assert (split.schema, split.table, split.column, split.role) == ("app", "schema_migrations", "version", "clerk")
    assert at.recorded(split) == frozenset()
    at.apply(split, split.files[0].first, record=True)
    assert at.recorded(split) == {"2"}
    owner = "SELECT 1 / (relowner = 'clerk'::regrole)::int FROM pg_class WHERE oid = 'app.made'::regclass"
    server.sql("shop", owner)


def test_what_a_failure_leaves(at: PostgresMigrations, server: LocalServer) -> None:
    """Nothing, the list included."""
    split = _split(at, "CREATE TABLE half (id int)", "SELECT 1 / 0")
    with pytest.raises(HostError, match="division by zero"):
        at.apply(split, split.files[0].first, record=True)
    assert at.recorded(split) == frozenset()
    server.sql("shop", "SELECT 1 / (to_regclass('app.half') IS NULL)::int")


def test_what_is_known_of_columns_and_tables(at: PostgresMigrations) -> None:
    """Types, keys, indexes, constraints; a table that refers to another; odd names; None for what is not there."""
    name = at.column("app", "Odd t", "a b")
    assert name is not None
    assert (name.kind, name.required, name.in_key, name.indexes) == (
        "character varying(9)",
        True,
        False,
        ((True, "btree"),),
    )
    assert not name.tangled
    checked, key = at.column("app", "Odd t", "c"), at.column("app", "Odd t", "id")
    assert checked is not None
    assert key is not None
    assert (checked.constrained, key.in_key) == (True, True)
    child, parent = at.column("app", "child", ""), at.column("app", "Odd t", "")
    assert child is not None
    assert parent is not None
    assert (bool(child.tangled), bool(parent.tangled)) == (True, False)
    assert at.column("app", "Odd t", "nothing") is None
    assert at.column("", "child", "") is None


def test_whether_the_rest_ran(at: PostgresMigrations, server: LocalServer) -> None:
    """By what it removes."""
    split = _split(at)
    assert not at.there(split)
    server.sql("shop", "CREATE TABLE public.old (id int)", "ALTER TABLE public.old OWNER TO clerk")
    assert at.there(split)
    at.apply(split, split.files[0].later, record=False)
    assert not at.there(split)

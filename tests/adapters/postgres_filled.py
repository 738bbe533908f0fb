"""A server with a role and a database that holds one of nearly everything."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from avnwizard.adapters.files import LocalFiles
from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.domain.postgres.database import DatabaseContents
from avnwizard.ports import Progress
from tests.adapters.postgres_server import LocalServer

SCHEMA = (
    'CREATE SCHEMA "odd schema"',
    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
    "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
    """CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gone int, name varchar(40) NOT NULL
       CHECK (name IN ('a', 'b') OR length(name) > 1), mood mood DEFAULT 'ok', age positive,
       twice int GENERATED ALWAYS AS (7 * 2) STORED, at timestamptz DEFAULT now())""",
    "ALTER TABLE people DROP COLUMN gone",
    """CREATE TABLE "odd schema"."Odd.Table" (person bigint REFERENCES people, status varchar CHECK
       (status IN ('on', 'off')), serial_no serial)""",
    "CREATE TABLE events (id int, at date NOT NULL) PARTITION BY RANGE (at)",
    "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
    "CREATE INDEX ON events (at)",
    "CREATE UNIQUE INDEX people_name ON people (lower(name)) WHERE mood IN ('ok')",
    "CREATE VIEW happy AS SELECT * FROM people WHERE name IN ('a', 'b')",
    "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM people",
    "CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER bumped BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION bump()",
    "ALTER TABLE people ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON people TO clerk USING (name = current_user)",
    "INSERT INTO people (name, age) SELECT 'name' || n, n FROM generate_series(1, 5000) n",
    "INSERT INTO events SELECT n, '2024-05-05' FROM generate_series(1, 7) n",
    "ALTER TABLE people OWNER TO clerk",
    "SELECT lo_from_bytea(4711, decode(repeat('00ff', 50000), 'hex'))",
)


@pytest.fixture
def server(postgres: LocalServer) -> Iterator[LocalServer]:
    """The server with the role `clerk`; databases that the test made are dropped afterwards."""
    postgres.sql(
        "postgres",
        "SELECT 'CREATE ROLE clerk' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE"
        " rolname = 'clerk') \\gexec\nSELECT 1 \\g /dev/null\n",
    )
    yield postgres
    database = PostgresDatabase(postgres)
    for facts in database.databases():
        if facts.name != "postgres":
            database.drop(facts.name)


def filled(server: LocalServer, name: str = "shop") -> PostgresDatabase:
    """The server as the adapter sees it, with one database of everything."""
    database = PostgresDatabase(server)
    database.create(name, owner="clerk")
    with psycopg.connect(**server.connection(name), autocommit=True) as connection:  # type: ignore[arg-type]  # strings
        for statement in SCHEMA:
            connection.execute(statement.encode())
    return database


def dumped(
    database: PostgresDatabase, name: str, to: Path, progress: Progress = lambda _done, _total: None
) -> DatabaseContents:
    """Dump one database as it is now; what it held then."""
    with database.moments([name]) as (moment,):
        written, contents = database.dump(moment, to, progress)
    assert written == LocalFiles().measure(to)
    return contents

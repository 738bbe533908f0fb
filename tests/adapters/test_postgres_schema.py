"""What two equal schemas share, and what belongs to a database as a whole."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.domain.postgres.writes import written_between
from avnwizard.errors import HostError
from tests.adapters.postgres_filled import filled
from tests.adapters.postgres_server import LocalServer
from tests.waiting import until

CHANGES = [
    "ALTER TABLE people ADD extra int",
    "ALTER TABLE people DROP COLUMN mood CASCADE",
    'ALTER TABLE "odd schema"."Odd.Table" ALTER status TYPE varchar(41)',
    "ALTER TABLE people ALTER name DROP NOT NULL",
    "ALTER TABLE people ALTER mood SET DEFAULT 'sad'",
    "ALTER TABLE people RENAME name TO nom",
    "ALTER TABLE people DROP CONSTRAINT people_name_check",
    "DROP INDEX people_name",
    "CREATE OR REPLACE VIEW happy AS SELECT * FROM people WHERE name IN ('a', 'c')",
    "ALTER TYPE mood ADD VALUE 'glad'",
    "ALTER DOMAIN positive DROP CONSTRAINT positive_check",
    "CREATE OR REPLACE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "DROP TRIGGER bumped ON people",
    "DROP POLICY own ON people",
    "CREATE SEQUENCE more",
    "DROP TABLE events_1",
    "CREATE SCHEMA empty",
    "CREATE RULE r AS ON DELETE TO people DO INSTEAD NOTHING",
]


def test_fingerprint_is_the_schema_alone(server: LocalServer) -> None:
    """Data, sequence values, statistics and owners do not change it; every change of the schema does."""
    database = filled(server)
    before = database.fingerprint("shop")
    server.sql(
        "shop", "INSERT INTO people (name) VALUES ('new')", "SELECT nextval('people_id_seq')", "VACUUM ANALYZE"
    )
    server.sql("shop", "ALTER TABLE people OWNER TO CURRENT_USER", "CREATE TEMP TABLE mine (n int)")
    assert database.fingerprint("shop") == before
    for change in CHANGES:
        server.sql("postgres", "CREATE DATABASE changed TEMPLATE shop")
        assert database.fingerprint("changed") == before
        server.sql("changed", change)
        assert database.fingerprint("changed") != before, change
        database.drop("changed")


def test_properties_of_the_whole_database(server: LocalServer) -> None:
    """Encoding, locale, limit, grants and settings, which no dump holds, are those of the model."""
    database = PostgresDatabase(server)
    server.sql(
        "postgres",
        "CREATE DATABASE shop OWNER clerk TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
        "ALTER DATABASE shop CONNECTION LIMIT 7",
        "REVOKE CONNECT ON DATABASE shop FROM PUBLIC",
        "GRANT CREATE ON DATABASE shop TO pg_monitor WITH GRANT OPTION",
        'ALTER DATABASE shop SET search_path = "$user", "odd, ""schema", public',
        "ALTER DATABASE shop SET statement_timeout = '5s'",
        "ALTER DATABASE shop SET my.setting = 'it''s; odd'",
        "ALTER ROLE clerk IN DATABASE shop SET work_mem = '8MB'",
    )
    database.create("copy", owner="clerk", like="shop")
    query = """
        SELECT pg_encoding_to_char(encoding), datcollate, datconnlimit,
          (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) a),
          (SELECT array_agg(setrole || ' ' || setconfig::text ORDER BY setrole) FROM pg_db_role_setting
           WHERE setdatabase = d.oid)
        FROM pg_database d WHERE datname = %s"""
    with psycopg.connect(**server.connection("postgres")) as connection:  # type: ignore[arg-type]  # strings
        shop, copy = (connection.execute(query, [name]).fetchone() for name in ("shop", "copy"))
    assert copy == shop
    assert shop is not None
    assert shop[:3] == ("LATIN1", "C", 7)
    with pytest.raises(HostError, match="no database"):
        database.create("copy 2", owner="clerk", like="nothing")


def test_a_look_ends_no_migration(server: LocalServer) -> None:
    """A migration holds one table of a view and wants the other, which a look holds already: the look yields."""
    database = filled(server)
    server.sql(
        "shop",
        "CREATE TABLE first (id int)",
        "CREATE TABLE second (id int)",
        "CREATE VIEW both_of_them AS SELECT first.id FROM first JOIN second USING (id)",
    )
    shop = psycopg.conninfo.make_conninfo("", **server.connection("shop"))
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with (
        psycopg.connect(shop, autocommit=True) as watch,
        psycopg.connect(shop) as migration,
        ThreadPoolExecutor(1) as pool,
    ):
        migration.execute("ALTER TABLE second ADD COLUMN more int")
        look = pool.submit(database.fingerprint, "shop")
        until(lambda: watch.execute(waiting).fetchone() == (1,))
        migration.execute("ALTER TABLE first ADD COLUMN more int")
        migration.commit()
        assert look.result() == database.fingerprint("shop")


def test_a_look_at_several_sees_what_each_look_alone_sees(server: LocalServer) -> None:
    """Before and after a migration: the schema that moved has moved, the other has not, the rows are counted."""
    database = filled(server)
    server.sql("postgres", "CREATE DATABASE other TEMPLATE template0")
    before = database.look(["shop", "other"])
    assert {name: schema for name, (schema, _) in before.items()} == {
        name: database.fingerprint(name) for name in ("shop", "other")
    }
    server.sql("shop", "ALTER TABLE people ADD extra int", "INSERT INTO people (name) VALUES ('new')")
    after = database.look(["shop", "other"])
    assert after["shop"][0] == database.fingerprint("shop") != before["shop"][0]
    assert after["other"][0] == before["other"][0]
    written = written_between(before["shop"][1], after["shop"][1])
    assert [(one.name, one.inserted) for one in written.tables] == [("public.people", 1)]
    assert not written_between(before["other"][1], after["other"][1]).tables


def test_a_look_at_several_names_the_one_that_does_not_answer(server: LocalServer) -> None:
    """Several sessions are open at once: the error is about the database that gave it, not about the last one."""
    database = filled(server)
    server.sql("postgres", "CREATE DATABASE other TEMPLATE template0")
    broken = "UPDATE pg_constraint SET conbin = NULL WHERE conname = 'people_name_check'"
    server.sql("shop", "SET allow_system_table_mods = on", broken)
    with pytest.raises(HostError, match="database 'shop'"):
        database.look(["shop", "other"])
    with pytest.raises(HostError, match="database 'nothing'"):
        database.look(["other", "nothing"])


def test_sizes_and_columns_of_the_live_tables(server: LocalServer) -> None:
    """Types are named as in migrations, so that both can be compared; a partitioned table counts its partitions."""
    database = filled(server)
    before = database.table_sizes("shop")
    server.sql(
        "shop",
        "CREATE TABLE shapes (a serial, b varchar(50), c numeric(8,2), d text[], e timestamptz(3), gone int)",
        "ALTER TABLE shapes DROP COLUMN gone",
        "CREATE TABLE years (y int, what text) PARTITION BY LIST (y)",
        "CREATE TABLE years_1 PARTITION OF years FOR VALUES IN (1)",
        "INSERT INTO years SELECT 1, repeat('x', 100) FROM generate_series(1, 2000)",
    )
    sizes = database.table_sizes("shop")
    assert sizes["public.shapes"].columns == {
        "a": "int4",
        "b": "varchar(50)",
        "c": "numeric(8,2)",
        "d": "_text",
        "e": "timestamptz(3)",
    }
    assert sizes["public.years"].size_bytes == sizes["public.years_1"].size_bytes > 200_000
    assert sizes.keys() - before.keys() == {"public.shapes", "public.years", "public.years_1"}

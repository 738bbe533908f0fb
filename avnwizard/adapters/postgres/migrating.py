"""The port `Migrations`: where a tool keeps which migrations ran, and statements run in its place."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from avnwizard.adapters.postgres.session import session
from avnwizard.domain.migrations.holding import ColumnFacts, quoted
from avnwizard.domain.migrations.release_list import ListTable, Split, record

if TYPE_CHECKING:
    import psycopg

    from avnwizard.ports import PostgresAccess

_MOST_ROWS = 20_000
_LOCK_S = 20
"""So long a statement waits for a lock: users' requests queue behind it meanwhile."""
_TABLES = """
SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner), c.oid FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relname ~* 'migration|changelog|schema_version|schema_history|_revision'
AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND c.reltuples < 1000000
ORDER BY (n.nspname <> 'public'), n.nspname, c.relname
"""
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL),
 a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = ''
FROM pg_attribute a WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_TEXT = {"text", "character varying", "character", "bigint", "integer", "numeric"}
_SUMS = ("checksum", "hash", "md5", "sha")
_COLUMN = """
SELECT n.nspname, format_type(a.atttypid, a.atttypmod), a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
 a.attgenerated <> '' OR a.attidentity <> '',
 EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY(i.indkey)),
 EXISTS (SELECT FROM pg_constraint k WHERE k.contype IN ('f', 'c', 'x')
  AND ((k.conrelid = c.oid AND a.attnum = ANY(k.conkey)) OR (k.confrelid = c.oid AND a.attnum = ANY(k.confkey)))),
 c.relkind, c.oid, a.attnum
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = %s AND a.attname = %s AND NOT a.attisdropped AND a.attnum > 0 AND c.relkind IN ('r', 'p')
AND n.nspname = CASE WHEN %s = '' THEN coalesce((SELECT min(nspname) FROM pg_namespace WHERE nspname = 'public'), '')
 ELSE %s END
"""
_REFERS = """
SELECT c, EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = c AND k.confrelid <> c)
FROM to_regclass(%s) AS c
"""
_INDEXES = """
SELECT i.indisunique, m.amname, i.indnatts = 1 AND i.indpred IS NULL AND i.indexprs IS NULL
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
WHERE i.indrelid = %s AND (%s::int2 = ANY(i.indkey) OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
AND NOT i.indisprimary ORDER BY x.relname
"""


class PostgresMigrations:
    """One database."""

    def __init__(self, access: "PostgresAccess", database: str) -> None:
        self._access, self._database = access, database

    def lists(self) -> tuple[ListTable, ...]:
        """By the tables' names; their texts and numbers are read."""
        with session(self._access, self._database) as connection:
            rows = connection.execute(_TABLES).fetchall()
            return tuple(_list(connection, *row) for row in rows)

    def column(self, schema: str, table: str, column: str) -> ColumnFacts | None:
        """By the catalog."""
        if not column:
            return self._table(schema or "public", table)
        with session(self._access, self._database) as connection:
            row = connection.execute(_COLUMN, (table, column, schema, schema)).fetchone()
            if row is None:
                return None
            found, kind, required, made, in_key, constrained, relkind, oid, number = row
            indexes = connection.execute(_INDEXES, (oid, number)).fetchall()
        reasons = {
            "its values are generated": made,
            "a constraint is on it": constrained,
            "its table is partitioned": relkind == "p",
            "an index has more than this column": not all(plain for _, _, plain in indexes),
        }
        tangled = next((why for why, holds in reasons.items() if holds), "")
        alone = tuple((bool(unique), str(method)) for unique, method, _ in indexes)
        return ColumnFacts(
            str(found), str(kind), bool(required), bool(in_key), alone, tangled, constrained=bool(constrained)
        )

    def _table(self, schema: str, table: str) -> ColumnFacts | None:
        """A row that stays in a table would keep the new code from deleting the one that it refers to."""
        with session(self._access, self._database) as connection:
            row = connection.execute(_REFERS, (f"{quoted(schema)}.{quoted(table)}",)).fetchone()
        if row is None or row[0] is None:
            return None
        return ColumnFacts(schema, "", tangled="it refers to rows of other tables" if row[1] else "")

    def recorded(self, split: Split) -> frozenset[str]:
        """By the list itself."""
        of = f"{quoted(split.schema)}.{quoted(split.table)}"
        wanted = [one.recorded for one in split.files]
        query = f"SELECT {quoted(split.column)}::text FROM {of} WHERE {quoted(split.column)}::text = ANY(%s)"  # noqa: S608 - quoted names
        with session(self._access, self._database) as connection:
            return frozenset(str(name) for (name,) in connection.execute(query.encode(), (wanted,)))

    def there(self, split: Split) -> bool:
        """By the catalog."""
        for schema, table, column in (one for file in split.files for one in file.gone):
            if self.column(schema, table, column) is not None:
                return True
        return False

    def apply(self, split: Split, statements: Sequence[str], *, record: bool) -> None:
        """All or nothing, with the release's own right and search path."""
        with session(self._access, self._database) as connection, connection.transaction():
            for setting in (
                f"SET LOCAL ROLE {quoted(split.role)}",
                f"SET LOCAL search_path = {quoted(split.schema)}, public",
                f"SET LOCAL lock_timeout = '{_LOCK_S}s'",
                *statements,
            ):
                connection.execute(setting.encode())
            for query, values in _records(split) if record else ():
                connection.execute(query.encode(), values)


def _records(split: Split) -> "list[tuple[str, tuple[str, ...]]]":
    return list(record(split))


def _list(
    connection: "psycopg.Connection[tuple[Any, ...]]", schema: str, table: str, owner: str, oid: int
) -> ListTable:
    columns = connection.execute(_COLUMNS, (oid,)).fetchall()
    names = {}
    for name, kind, _ in columns:
        if kind in _TEXT:
            query = (
                f"SELECT {quoted(name)}::text FROM {quoted(schema)}.{quoted(table)}"  # noqa: S608 - quoted names
                f" WHERE {quoted(name)} IS NOT NULL LIMIT {_MOST_ROWS}"
            )
            names[str(name)] = frozenset(str(value) for (value,) in connection.execute(query.encode()))
    sums = tuple(str(name) for name, *_ in columns if any(one in str(name).lower() for one in _SUMS))
    unfilled = tuple(str(name) for name, _, wants in columns if wants)
    return ListTable(schema, table, owner, names, unfilled, sums)

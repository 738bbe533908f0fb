"""The port `SealedRows`: what Hydra keeps under its secrets, read and sealed again through psycopg.

Tables and columns are looked up, so that each version's are found: `hydra_jwk.keydata`, and `session_data` of the
`hydra_oauth2_…` tables (Hydra v2.0.3 to v26.2.0, persistence/sql).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from avnwizard.adapters.postgres.session import session
from avnwizard.domain.rotation.sealing import Keyring
from avnwizard.domain.rotation.tally import KEYS, REGISTRATIONS, Row, Tally
from avnwizard.domain.secret import Secret
from avnwizard.ports import PostgresAccess

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

    Connection = psycopg.Connection[tuple[Any, ...]]

_AT_ONCE, _IN_ONE_GO = 3000, 100
"""Rows that are fetched at once; rows of sessions that are locked at once, for some milliseconds."""
_COLUMNS = (
    "SELECT n.nspname, c.relname, array_agg(a.attname::text) FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid"
    " WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname !~ '^pg_'"
    " AND c.relname = ANY(%s) GROUP BY 1, 2 ORDER BY 1, 2"
)
_SESSIONS = tuple(
    f"hydra_oauth2_{name}" for name in ("access", "code", "device_auth_codes", "oidc", "pkce", "refresh")
)


@dataclass(frozen=True)
class _Table:
    """One table with sealed rows: where they are, and what else is known of each."""

    schema: str
    name: str
    sealed: str
    columns: frozenset[str]


class PostgresSealedRows:
    """One database's sealed rows.

    Args:
        access: reaches the server as its superuser.
    """

    def __init__(self, access: PostgresAccess, database: str) -> None:
        self._session = partial(session, access, database)

    def tally(
        self,
        new: Secret,
        old: Sequence[Secret],
        *,
        written_at: float | None,
        dynamic: bool = False,
        by_age: bool = False,
    ) -> Tally:
        """Every row as of one moment, in chunks: a large table does not come into memory."""
        ring = Keyring([new, *old])
        with self._session() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            moment = connection.execute("SELECT extract(epoch FROM now())::float8").fetchone()
            tally = Tally(float(moment[0]) if moment else 0.0)
            for table in _tables(connection):
                for text, active, expires_at, requested_at in _rows(connection, table):
                    row = Row(table.name, ring.open(text), bool(active), expires_at, requested_at)
                    tally.add(row, written_at=written_at, by_age=by_age)
            tally.registrations = _registrations(connection, written_at) if dynamic else 0
        return tally

    def rewrap(self, new: Secret, old: Sequence[Secret], *, keys: bool) -> int:
        """Read first, then replace what is still as it was read; once more until nothing is left."""
        ring, done = Keyring([new, *old]), 0
        with self._session() as connection:
            tables = [one for one in _tables(connection) if (one.name == KEYS) is keys]
            for table in tables:
                while changed := self._rewrap(connection, table, ring, whole=keys):
                    done += changed
        return done

    def _rewrap(self, connection: "Connection", table: _Table, ring: Keyring, *, whole: bool) -> int:
        """One pass over a table; `whole`: in one transaction."""
        done = 0
        with self._session() as reading, reading.transaction():
            chunks = _under_old(reading, table, ring)
            if whole:
                with connection.transaction():
                    return sum(_replace(connection, table, chunk) for chunk in chunks)
            for chunk in chunks:
                with connection.transaction():
                    done += _replace(connection, table, chunk)
        return done

    def oldest_key(self, secret: Secret) -> float | None:
        """By `created_at`, which a rotation by hand leaves: Hydra seals no key again."""
        from psycopg import sql

        ring, found = Keyring([secret]), list[float]()
        with self._session() as connection:
            for table in _tables(connection):
                if table.name != KEYS or "created_at" not in table.columns:
                    continue
                query = sql.SQL("SELECT {}, extract(epoch FROM created_at)::float8 FROM {}").format(
                    _text(table), sql.Identifier(table.schema, table.name)
                )
                rows = connection.execute(query).fetchall()
                opened = ((ring.open(text), made_at) for text, made_at in rows)
                found += [made_at for one, made_at in opened if made_at and one and one.under == 0]
        return min(found, default=None)

    def living(self, tables: Sequence[str]) -> Mapping[str, int]:
        """Counted by the server's clock."""
        from psycopg import sql

        found: dict[str, int] = {}
        with self._session() as connection:
            for schema, name, columns in connection.execute(_COLUMNS, (list(tables),)).fetchall():
                if "expires_at" not in columns:
                    continue
                active = sql.SQL("AND active" if "active" in columns else "")
                query = sql.SQL(
                    "SELECT count(*) FROM {} WHERE extract(epoch FROM expires_at) > extract(epoch FROM now()) {}"
                )
                row = connection.execute(query.format(sql.Identifier(schema, name), active)).fetchone()
                found[name] = found.get(name, 0) + (int(row[0]) if row else 0)
        return found


def _tables(connection: "Connection") -> list[_Table]:
    found = []
    for schema, name, columns in connection.execute(_COLUMNS, ([KEYS, *_SESSIONS],)).fetchall():
        sealed = "keydata" if name == KEYS else "session_data"
        if sealed in columns:
            found.append(_Table(schema, name, sealed, frozenset(columns)))
    return found


def _rows(connection: "Connection", table: _Table) -> Iterator[tuple[Any, ...]]:
    """(sealed text, whether active, expiry, time of the request) of every row."""
    from psycopg import sql

    def moment(column: str) -> sql.Composable:
        if column not in table.columns:
            return sql.SQL("NULL")
        return sql.SQL("extract(epoch FROM {})::float8").format(sql.Identifier(column))

    active = sql.SQL("active" if "active" in table.columns else "true")
    query = sql.SQL("SELECT {}, {}, {}, {} FROM {}").format(
        _text(table), active, moment("expires_at"), moment("requested_at"), sql.Identifier(table.schema, table.name)
    )
    with connection.cursor(name="avnwizard_rows") as cursor:
        cursor.itersize = _AT_ONCE
        yield from cursor.execute(query)


def _text(table: _Table) -> "sql.Composable":
    from psycopg import sql

    return sql.SQL("{}::text").format(sql.Identifier(table.sealed))


def _under_old(connection: "Connection", table: _Table, ring: Keyring) -> Iterator[list[tuple[str, str, str]]]:
    """Chunks of (new text, place of the row, old text) of the rows that are under an old secret."""
    from psycopg import sql

    query = sql.SQL("SELECT ctid::text, {} FROM {}").format(_text(table), sql.Identifier(table.schema, table.name))
    chunk: list[tuple[str, str, str]] = []
    with connection.cursor(name="avnwizard_rows") as cursor:
        cursor.itersize = _AT_ONCE
        for place, text in cursor.execute(query):
            opened = ring.open(text)
            if opened is not None and opened.under:
                chunk.append((ring.seal(opened.plaintext), place, text))
            if len(chunk) >= _IN_ONE_GO:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _replace(connection: "Connection", table: _Table, chunk: Sequence[tuple[str, str, str]]) -> int:
    """Replace those rows that are still as they were read; no two sealed texts are alike, whatever their place."""
    from psycopg import sql

    column = sql.Identifier(table.sealed)
    query = sql.SQL("UPDATE {} SET {} = %s WHERE ctid = %s::tid AND {}::text = %s").format(
        sql.Identifier(table.schema, table.name), column, column
    )
    with connection.cursor() as cursor:
        cursor.executemany(query, chunk)
        return max(cursor.rowcount, 0)


def _registrations(connection: "Connection", written_at: float | None) -> int:
    """Registration tokens of dynamic clients that were made before everything was written with the new secret."""
    from psycopg import sql

    found = 0
    for schema, name, columns in connection.execute(_COLUMNS, ([REGISTRATIONS],)).fetchall():
        if "registration_access_token_signature" not in columns:
            continue
        query = "SELECT count(*) FROM {} WHERE registration_access_token_signature <> ''"
        since = (written_at,) if written_at is not None and "created_at" in columns else ()
        made = " AND extract(epoch FROM created_at) <= %s" if since else ""
        row = connection.execute(sql.SQL(query + made).format(sql.Identifier(schema, name)), since).fetchone()
        found += int(row[0]) if row else 0
    return found

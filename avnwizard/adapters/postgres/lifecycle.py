"""Renaming and dropping a database that others keep connecting to."""

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from avnwizard.adapters.process_errors import printable
from avnwizard.errors import HostError

if TYPE_CHECKING:
    import psycopg

ATTEMPTS = 60
PAUSE_S = 0.5
_HALF_DROPPED = "SELECT 1 FROM pg_database WHERE datname = %s AND datconnlimit = -2"
_HINT = "Stop what keeps connecting (`SELECT * FROM pg_stat_activity` shows it), prepared transactions included."


def rename(connection: "psycopg.Connection[tuple[Any, ...]]", old: str, new: str) -> None:
    """Rename `old` to `new`; a rename that a crash left finished but closed to connections is completed."""
    from psycopg import sql

    here, there = exists(connection, old), exists(connection, new)
    if here and there:
        raise HostError(f"Database {new!r} exists already.", "Drop or rename it first.")
    if not here and not there:
        raise HostError(f"There is no database {old!r}.", "`psql -l` lists them.")
    if here:
        command = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
        _alone(connection, old, lambda: connection.execute(command))
    allow(connection, new, allowed=True)


def drop(connection: "psycopg.Connection[tuple[Any, ...]]", database: str) -> None:
    """End the connections and drop; no error when it is gone."""
    from psycopg import sql

    if exists(connection, database):
        command = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(database))
        template = "SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate AND datconnlimit <> -2"
        if connection.execute(template, [database]).fetchone():
            connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(database)))
        _alone(connection, database, lambda: connection.execute(command))


def exists(connection: "psycopg.Connection[tuple[Any, ...]]", database: str) -> bool:
    """Whether there is such a database."""
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is not None


def require_open(connection: "psycopg.Connection[tuple[Any, ...]]", databases: Sequence[str]) -> None:
    """Refuse where one of the databases can be read by nobody, superusers included: it would be missing from a dump.

    Raises:
        HostError: names it, and the statement that fixes it.
    """
    from psycopg import sql

    query = (
        "SELECT datname, datconnlimit = -2 FROM pg_database"
        " WHERE datname = ANY(%s) AND (NOT datallowconn OR datconnlimit = -2) ORDER BY datname LIMIT 1"
    )
    row = connection.execute(query, [list(databases)]).fetchone()
    if row is None:
        return
    name, half_dropped = str(row[0]), bool(row[1])
    quoted = printable(sql.Identifier(name).as_string(connection))
    if half_dropped:  # 16.0 and later
        why, mend = "is the rest of a DROP DATABASE that was cut off", f"DROP DATABASE {quoted}"
    else:
        why, mend = "takes no connections, so it cannot be dumped", f"ALTER DATABASE {quoted} ALLOW_CONNECTIONS true"
    raise HostError(f"The database {quoted} {why}.", f"As a superuser, in psql: {mend};")


def allow(connection: "psycopg.Connection[tuple[Any, ...]]", database: str, *, allowed: bool) -> None:
    """Open or close a database to new connections, superusers' too.

    The rest of a drop that a crash cut off is closed already, and to alter it ends the session (PostgreSQL 16.0 and
    later); it can still be renamed and dropped.
    """
    from psycopg import sql

    if connection.execute(_HALF_DROPPED, [database]).fetchone() is None:
        command = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
        connection.execute(command.format(sql.Identifier(database), sql.Literal(allowed)))


def _alone(connection: "psycopg.Connection[tuple[Any, ...]]", database: str, command: Callable[[], object]) -> None:
    """Run a command that needs the database to itself: no new connection, the old ones ended, some attempts."""
    from psycopg import Error, errors

    allow(connection, database, allowed=False)
    try:
        for attempt in range(ATTEMPTS):
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> pg_backend_pid()",
                [database],
            )
            try:
                command()
            except errors.ObjectInUse:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(PAUSE_S)
            else:
                return
    except BaseException as error:  # Ctrl+C too: a live database would stay closed to everybody
        with contextlib.suppress(Error):
            allow(connection, database, allowed=True)
        if isinstance(error, errors.ObjectInUse):
            raise HostError(f"Database {database!r} stayed in use for {ATTEMPTS * PAUSE_S:g} s.", _HINT) from error
        raise

"""Connections to the server, with psycopg's errors turned into ours."""

import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

from avnwizard.adapters.process_errors import printable
from avnwizard.domain.secret import redact_urls
from avnwizard.errors import HostError
from avnwizard.ports import PostgresAccess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

T = TypeVar("T")
CONNECT_S = 10
_OPTIONS = "-c search_path= -c statement_timeout=0 -c idle_in_transaction_session_timeout=0"
_HINT = (
    "Look at the PostgreSQL server's log (in the stack: `docker compose logs postgres`), and whether it is healthy."
)


@contextlib.contextmanager
def session(access: PostgresAccess, database: str) -> "Iterator[psycopg.Connection[tuple[Any, ...]]]":
    """An autocommit connection with an empty search_path, closed at the end; `HostError` for whatever goes wrong."""
    import psycopg

    settled: dict[str, Any] = {"sslmode": "prefer", "connect_timeout": CONNECT_S, "options": _OPTIONS}
    keywords = {**settled, "application_name": "avnwizard", "client_encoding": "utf8", **access.connection(database)}
    try:
        with psycopg.connect(psycopg.conninfo.make_conninfo("", **keywords), autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        raise translated(error, database) from error


def asked(
    database: str,
    question: "Callable[[psycopg.Connection[tuple[Any, ...]]], T]",
    connection: "psycopg.Connection[tuple[Any, ...]]",
) -> "T":
    """What a database answers; its error names it, also where sessions of several databases are open at once."""
    import psycopg

    try:
        return question(connection)
    except psycopg.Error as error:
        raise translated(error, database) from error


def translated(error: "psycopg.Error", database: str) -> HostError:
    """The server's first line only: details and contexts may quote rows."""
    said = error.diag.message_primary or (str(error).strip().splitlines() or ["no reason given"])[0]
    return HostError(f"Postgres, database {database!r}: {redact_urls(printable(said)).rstrip('.')}.", _HINT)

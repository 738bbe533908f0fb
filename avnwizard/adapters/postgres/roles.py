"""Roles and other globals, compared with a snapshot's and put back: never replayed blindly."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avnwizard.adapters.files import refusal
from avnwizard.adapters.postgres.tools import tool_environment
from avnwizard.adapters.process import run
from avnwizard.domain import commands
from avnwizard.domain.postgres.globals import Globals, GlobalsChange, Repair, missing_roles, read_globals, repair
from avnwizard.errors import HostError
from avnwizard.ports import PostgresAccess

if TYPE_CHECKING:
    import psycopg

_TIMEOUT_S = 300.0
_ROUNDS = 4
"""Revoking a membership takes those along that were granted by it: look again until nothing is left to do."""
_QUIET = ("SET log_statement = none", "SET log_min_error_statement = panic", "SET log_min_duration_statement = -1")
"""Password hashes do not belong into the server's log."""


def changes(access: PostgresAccess, dump: Path) -> GlobalsChange:
    """What differs from the dump; nothing is changed."""
    return repair(_read(dump), _now(access)).change


def put_back(
    access: PostgresAccess, connection: "psycopg.Connection[tuple[Any, ...]]", dump: Path, *, only_missing: bool
) -> GlobalsChange:
    """Make the globals what the dump says; with `only_missing` just make the roles that are gone, whole."""
    wanted = _read(dump)
    hush(connection)
    if only_missing:
        found = missing_roles(wanted, _now(access))
        refused = _execute(connection, found)
        return GlobalsChange(found.change.repaired, refused)
    repaired: dict[str, None] = {}
    for _ in range(_ROUNDS):
        found = repair(wanted, _now(access))
        if not found.statements:
            return GlobalsChange(tuple(repaired), found.change.left)
        repaired |= dict.fromkeys(found.change.repaired)
        _execute(connection, found)
    raise HostError(
        "The roles do not become what they were: something changes them at the same time.",
        "Compare with the snapshot's globals.sql: pg_dumpall --globals-only",
    )


def _read(dump: Path) -> Globals:
    try:
        return read_globals(dump.read_text("utf-8"))
    except OSError as error:
        raise refusal("read the roles of the snapshot", dump, error) from error
    except ValueError as error:
        raise HostError(f"{dump} is not readable as globals of a server.", "Take another snapshot.") from error


def _now(access: PostgresAccess) -> Globals:
    call = access.command(commands.pg_dumpall_globals())
    try:
        return read_globals(run(call.argv, timeout_s=_TIMEOUT_S, env=tool_environment(call)).text)
    except ValueError as error:
        raise HostError("pg_dumpall wrote what is not readable as globals.", "Look at its version.") from error


def hush(connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
    """Have the server log none of the statements of a connection, as far as the role may."""
    from psycopg import errors

    for statement in _QUIET:
        with contextlib.suppress(errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def _execute(connection: "psycopg.Connection[tuple[Any, ...]]", found: Repair) -> tuple[str, ...]:
    """All of it or nothing: a crash in between leaves the roles as they were. What of `also` the server refused."""
    import psycopg

    refused = []
    with connection.transaction():
        for statement in found.statements:
            connection.execute(statement.reveal().encode())
        for sentence, statement in found.also:
            try:
                with connection.transaction():
                    connection.execute(statement.reveal().encode())
            except psycopg.DatabaseError:
                if connection.closed:
                    raise
                refused.append(f"{sentence}: the server refuses it; the snapshot's globals.sql has it")
    return tuple(refused)

"""The port `Roles`: login roles, their passwords and their twins, through psycopg.

The statements hold verifiers at most (libpq's `PQencryptPasswordConn`), never a password, and the server logs none.
"""

import base64
import hashlib
import hmac
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from avnwizard.adapters.postgres.roles import hush
from avnwizard.adapters.postgres.session import session
from avnwizard.domain.secret import Secret
from avnwizard.ports import PostgresAccess
from avnwizard.ports.roles import RoleFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_LOBBY = "postgres"
_SCRAM, _MD5 = "SCRAM-SHA-256$", "md5"
_FACTS = (
    "SELECT rolname, rolname = session_user, rolreplication,"
    " (SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid) FROM pg_roles r"
    " WHERE rolname = %s AND rolcanlogin"
)
_SETTINGS = (
    "SELECT d.datname, s.entry FROM pg_db_role_setting x JOIN pg_roles r ON r.oid = x.setrole"
    " LEFT JOIN pg_database d ON d.oid = x.setdatabase, unnest(x.setconfig) AS s (entry)"
    " WHERE r.rolname = %s ORDER BY 1 NULLS FIRST, 2"
)


class PostgresRoles:
    """A server's login roles.

    Args:
        access: reaches the server as its superuser.
    """

    def __init__(self, access: PostgresAccess) -> None:
        self._access = access

    def facts(self, role: str) -> RoleFacts | None:
        """By the catalog."""
        with session(self._access, _LOBBY) as connection:
            row = connection.execute(_FACTS, (role,)).fetchone()
        return RoleFacts(str(row[0]), bool(row[1]), bool(row[2]), int(row[3])) if row else None

    def holds(self, role: str, password: Secret) -> bool:
        """Whether the server would take the password: by what it keeps of it, so that no `trust` can deceive."""
        with session(self._access, _LOBBY) as connection:
            return _matches(_kept(connection, role), role, password)

    def set_password(self, role: str, password: Secret) -> None:
        """Of the same kind as the one that it has."""
        with self._quietly() as connection:
            _give(connection, role, password, like=_kept(connection, role))

    def make_twin(self, role: str, twin: str, password: Secret) -> None:
        """All of it or nothing."""
        from psycopg import sql

        with self._quietly() as connection, connection.transaction():
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (twin,)).fetchone()
            name, mine = sql.Identifier(twin), sql.Identifier(role)
            if not known:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN INHERIT").format(name))
            _give(connection, twin, password, like=_kept(connection, role))
            connection.execute(sql.SQL("GRANT {} TO {}").format(mine, name))
            connection.execute(sql.SQL("ALTER ROLE {} RESET ALL").format(name))
            _copy_settings(connection, role, twin)
            connection.execute(sql.SQL("ALTER ROLE {} SET role TO {}").format(name, sql.Literal(role)))

    def require_sign_in(self, twin: str, password: Secret, database: str) -> None:
        """By the address that avnwizard itself takes."""
        with session(_As(self._access, twin, password), database) as connection:
            connection.execute("SELECT 1")

    def drop_twin(self, role: str, twin: str) -> None:
        """Its sessions were ended by the roll; one that is left is ended here."""
        from psycopg import sql

        with self._quietly() as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (twin,)).fetchone():
                return
            names = connection.execute("SELECT datname FROM pg_database WHERE datallowconn").fetchall()
            name, mine = sql.Identifier(twin), sql.Identifier(role)
            connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(name))
            connection.execute(
                "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a WHERE a.usename = %s", (twin,)
            )
            for (database,) in names:
                with session(self._access, str(database)) as inside:
                    inside.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(name, mine))
                    inside.execute(sql.SQL("DROP OWNED BY {}").format(name))
            connection.execute(sql.SQL("DROP ROLE {}").format(name))

    @contextmanager
    def _quietly(self) -> "Iterator[Connection]":
        with session(self._access, _LOBBY) as connection:
            hush(connection)
            yield connection


class _As:
    """The same server, as another role."""

    def __init__(self, access: PostgresAccess, user: str, password: Secret) -> None:
        self._access, self._user, self._password = access, user, password
        self.command, self.free_bytes = access.command, access.free_bytes

    def connection(self, database: str) -> dict[str, str]:
        """With the other role's name and password."""
        return {**self._access.connection(database), "user": self._user, "password": self._password.reveal()}


def _kept(connection: "Connection", role: str) -> str:
    row = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (role,)).fetchone()
    return str(row[0] or "") if row else ""


def _give(connection: "Connection", role: str, password: Secret, *, like: str) -> None:
    from psycopg import sql

    kind = b"md5" if like.startswith(_MD5) else b"scram-sha-256"
    verifier = connection.pgconn.encrypt_password(password.reveal().encode(), role.encode(), kind)
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
    connection.execute(statement)


def _copy_settings(connection: "Connection", role: str, twin: str) -> None:
    """`FROM CURRENT`, since a setting that is a list cannot be written as a literal."""
    from psycopg import sql

    for database, entry in connection.execute(_SETTINGS, (role,)).fetchall():
        name, _, value = str(entry).partition("=")
        if name == "role":
            continue
        where = sql.SQL("IN DATABASE {} ").format(sql.Identifier(database)) if database else sql.SQL("")
        setting = sql.SQL(".").join(map(sql.Identifier, name.split(".")))
        with connection.transaction():
            connection.execute("SELECT set_config(%s, %s, true)", (name, value))
            connection.execute(
                sql.SQL("ALTER ROLE {} {}SET {} FROM CURRENT").format(sql.Identifier(twin), where, setting)
            )


def _matches(kept: str, role: str, password: Secret) -> bool:
    """PostgreSQL's formats: `SCRAM-SHA-256$ROUNDS:SALT$STORED:SERVER` (RFC 5802), or `md5` of password and name."""
    text = password.reveal().encode()
    if kept.startswith(_MD5):
        made = hashlib.md5(text + role.encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(kept, f"{_MD5}{made}")
    if not kept.startswith(_SCRAM):
        return False
    rounds, _, salt = kept.removeprefix(_SCRAM).partition("$")[0].partition(":")
    stored = base64.b64decode(kept.rpartition("$")[2].partition(":")[0])
    salted = hashlib.pbkdf2_hmac("sha256", text, base64.b64decode(salt), int(rounds))
    return hmac.compare_digest(stored, hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest())

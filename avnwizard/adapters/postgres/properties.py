"""What belongs to a database as a whole and is in no `pg_dump` of it without `--create` (PostgreSQL 11 and later).

Encoding and locale, connection limit, grants on the database, and `ALTER DATABASE … SET`: a restore under another
name would lose them silently.
"""

import re
from typing import TYPE_CHECKING, Any

from avnwizard.errors import HostError

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

_LISTS = frozenset(
    {
        "search_path",
        "temp_tablespaces",
        "local_preload_libraries",
        "session_preload_libraries",
        "shared_preload_libraries",
        "unix_socket_directories",
    }
)
"""Settings that are lists of names, stored quoted (GUC_LIST_QUOTE in PostgreSQL 16 to 18)."""
_WORD = re.compile(r'"((?:[^"]|"")*)"|([^,\s]+)')
_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}
_PROVIDER_SINCE, _ONE_LOCALE_SINCE = 150000, 170000


def options_like(connection: "psycopg.Connection[tuple[Any, ...]]", model: str) -> "sql.Composable":
    """The part of CREATE DATABASE that gives a new database the encoding and locale of `model`."""
    from psycopg import sql

    version = connection.info.server_version
    provider = "datlocprovider" if version >= _PROVIDER_SINCE else "'c'"
    locale = "datlocale" if version >= _ONE_LOCALE_SINCE else "daticulocale" if version >= _PROVIDER_SINCE else "NULL"
    row = connection.execute(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype, "  # noqa: S608  # column names of this file
        f"{provider}::text, {locale} FROM pg_database WHERE datname = %s".encode(),
        [model],
    ).fetchone()
    if row is None:
        raise HostError(f"There is no database {model!r}.", "`psql -l` lists them.")
    encoding, collate, ctype, kind, own_locale = row
    parts = [
        sql.SQL("ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(*map(sql.Literal, (encoding, collate, ctype))),
    ]
    if kind != "c":
        parts.append(sql.SQL("LOCALE_PROVIDER {}").format(sql.SQL(_PROVIDERS[kind])))
        word = sql.SQL("ICU_LOCALE {}") if kind == "i" else sql.SQL("BUILTIN_LOCALE {}")
        parts.append(word.format(sql.Literal(own_locale)))
    return sql.SQL(" ").join(parts)


def copy(connection: "psycopg.Connection[tuple[Any, ...]]", model: str, database: str) -> None:
    """Give `database` the connection limit, grants and settings of `model`; both on the connected server."""
    from psycopg import sql

    name = sql.Identifier(database)
    row = connection.execute("SELECT datconnlimit, datacl FROM pg_database WHERE datname = %s", [model]).fetchone()
    assert row is not None
    limit, granted = row
    connection.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(name, sql.Literal(limit)))
    if granted is not None:
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        for statement in _grants(connection, model, name):
            connection.execute(statement)
    query = (
        "SELECT rolname, unnest(setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase"
        " LEFT JOIN pg_roles r ON r.oid = setrole WHERE datname = %s"
    )
    for role, setting in connection.execute(query, [model]).fetchall():
        whom = sql.SQL("ROLE {} IN ").format(sql.Identifier(role)) if role else sql.SQL("")
        key, _, value = str(setting).partition("=")
        command = sql.SQL("ALTER {}DATABASE {} SET {} = {}")
        connection.execute(command.format(whom, name, sql.Identifier(*key.split(".")), _value(key, value)))


def _grants(
    connection: "psycopg.Connection[tuple[Any, ...]]", model: str, name: "sql.Identifier"
) -> "list[sql.Composed]":
    from psycopg import sql

    query = (
        "SELECT privilege_type, CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END, is_grantable"
        " FROM pg_database, aclexplode(datacl) WHERE datname = %s"
    )
    statements = []
    for privilege, grantee, grantable in connection.execute(query, [model]).fetchall():
        whom = sql.SQL("PUBLIC") if grantee is None else sql.Identifier(grantee)
        option = sql.SQL(" WITH GRANT OPTION") if grantable else sql.SQL("")
        statements.append(sql.SQL("GRANT {} ON DATABASE {} TO {}{}").format(sql.SQL(privilege), name, whom, option))
    return statements


def _value(key: str, value: str) -> "sql.Composable":
    from psycopg import sql

    if key.lower() not in _LISTS:
        return sql.Literal(value)
    words = [quoted.replace('""', '"') or plain for quoted, plain in _WORD.findall(value)]
    return sql.SQL(", ").join(sql.Literal(word) for word in words) if words else sql.Literal("")

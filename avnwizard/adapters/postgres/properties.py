"""What belongs to a database as a whole and is in no `pg_dump` of it without `--create` (PostgreSQL 11 and later).

Encoding and locale, connection limit, comment, grants on the database, and `ALTER DATABASE … SET`: a restore under
another name would lose them silently, and a restore where nothing is left has no other place to read them from.
"""

import re
from typing import TYPE_CHECKING, Any

from avnwizard.domain.postgres.database import DatabaseGrant, DatabaseProperties, DatabaseSetting
from avnwizard.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Iterator

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
_PROVIDER_SINCE, _RULES_SINCE, _ONE_LOCALE_SINCE = 150000, 160000, 170000


def read(connection: "psycopg.Connection[tuple[Any, ...]]", database: str) -> DatabaseProperties:
    """The properties of a database of the connected server; `HostError` when there is none of that name."""
    version = connection.info.server_version
    has_provider = version >= _PROVIDER_SINCE
    provider = "datlocprovider" if has_provider else "'c'"
    locale = "datlocale" if version >= _ONE_LOCALE_SINCE else "daticulocale" if has_provider else "NULL"
    rules = "daticurules" if version >= _RULES_SINCE else "NULL"
    collation_version = "datcollversion" if has_provider else "NULL"
    row = connection.execute(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype, "  # noqa: S608  # column names of this file
        f"{provider}::text, {locale}, {rules}, COALESCE({collation_version}, ''), datconnlimit, datacl IS NULL,"
        " datistemplate,"
        " COALESCE(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = %s".encode(),
        [database],
    ).fetchone()
    if row is None:
        raise HostError(f"There is no database {database!r}.", "`psql -l` lists them.")
    encoding, collate, ctype, kind, own_locale, icu_rules, known, limit, default_grants, template, comment = row
    return DatabaseProperties(
        encoding=encoding,
        collate=collate,
        ctype=ctype,
        provider=kind,
        locale=own_locale,
        icu_rules=icu_rules,
        collation_version=known,
        connection_limit=limit,
        comment=comment,
        grants=None if default_grants else _grants(connection, database),
        settings=_settings(connection, database),
        template=template,
    )


def options(properties: DatabaseProperties) -> "sql.Composable":
    """The part of CREATE DATABASE that gives a new database its encoding and locale."""
    from psycopg import sql

    words = (properties.encoding, properties.collate, properties.ctype)
    parts = [sql.SQL("ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(*map(sql.Literal, words))]
    if properties.provider != "c":
        parts.append(sql.SQL("LOCALE_PROVIDER {}").format(sql.SQL(_PROVIDERS[properties.provider])))
        word = "ICU_LOCALE {}" if properties.provider == "i" else "BUILTIN_LOCALE {}"
        parts.append(sql.SQL(word).format(sql.Literal(properties.locale)))
    if properties.icu_rules:
        parts.append(sql.SQL("ICU_RULES {}").format(sql.Literal(properties.icu_rules)))
    return sql.SQL(" ").join(parts)


def apply(connection: "psycopg.Connection[tuple[Any, ...]]", properties: DatabaseProperties, database: str) -> None:
    """Give a database of the connected server the connection limit, comment, grants and settings."""
    for statement in _statements(properties, database):
        connection.execute(statement)


def _statements(properties: DatabaseProperties, database: str) -> "Iterator[sql.Composed]":
    from psycopg import sql

    name = sql.Identifier(database)
    yield sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(name, sql.Literal(properties.connection_limit))
    if properties.comment:
        yield sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(properties.comment))
    if properties.template:
        yield sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(name)
    if properties.grants is not None:
        yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name)
    for grant in properties.grants or ():
        whom = sql.SQL("PUBLIC") if grant.grantee is None else sql.Identifier(grant.grantee)
        option = sql.SQL(" WITH GRANT OPTION") if grant.grantable else sql.SQL("")
        privilege = sql.SQL(_known_privilege(grant.privilege))
        yield sql.SQL("GRANT {} ON DATABASE {} TO {}{}").format(privilege, name, whom, option)
    for setting in properties.settings:
        within = sql.SQL("ROLE {} IN ").format(sql.Identifier(setting.role)) if setting.role else sql.SQL("")
        key = sql.Identifier(*setting.key.split("."))
        value = setting_value(setting.key, setting.value)
        yield sql.SQL("ALTER {}DATABASE {} SET {} = {}").format(within, name, key, value)


def _known_privilege(word: str) -> Any:
    """A privilege on a database; a manifest is a file, so nothing else of it becomes SQL."""
    if word not in {"CREATE", "CONNECT", "TEMPORARY"}:
        raise HostError(f"There is no privilege {word!r} on a database.", "The snapshot's manifest is damaged.")
    return word


def _settings(connection: "psycopg.Connection[tuple[Any, ...]]", database: str) -> tuple[DatabaseSetting, ...]:
    query = (
        "SELECT COALESCE(rolname, ''), unnest(setconfig) FROM pg_db_role_setting s"
        " JOIN pg_database d ON d.oid = setdatabase LEFT JOIN pg_roles r ON r.oid = setrole WHERE datname = %s"
    )
    found = connection.execute(query, [database]).fetchall()
    return tuple(DatabaseSetting(str(role), *str(setting).split("=", 1)) for role, setting in found)


def _grants(connection: "psycopg.Connection[tuple[Any, ...]]", database: str) -> tuple[DatabaseGrant, ...]:
    query = (
        "SELECT privilege_type, CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END, is_grantable"
        " FROM pg_database, aclexplode(datacl) WHERE datname = %s"
    )
    return tuple(DatabaseGrant(*row) for row in connection.execute(query, [database]).fetchall())


def setting_value(key: str, value: str) -> "sql.Composable":
    """A setting's value as `SET` takes it: those that are lists of names go word by word."""
    from psycopg import sql

    if key.lower() not in _LISTS:
        return sql.Literal(value)
    words = [quoted.replace('""', '"') or plain for quoted, plain in _WORD.findall(value)]
    return sql.SQL(", ").join(sql.Literal(word) for word in words) if words else sql.Literal("")

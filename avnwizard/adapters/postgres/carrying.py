"""Settings and access rules of one server's files into another's: no dump holds them, and pg_upgrade drops them."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, LiteralString

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.postgres import properties
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.adapters.postgres.session import session
from avnwizard.domain import commands
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.major import ServerFiles
from avnwizard.errors import HostError

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_OWN = frozenset(
    {"config_file", "data_directory", "external_pid_file", "hba_file", "ident_file", "primary_conninfo"}
    | {"primary_slot_name", "recovery_target_timeline", "restore_command", "default_transaction_read_only"}
    | {"log_timezone", "timezone", "lc_messages", "lc_monetary", "lc_numeric", "lc_time"}
    | {"dynamic_shared_memory_type"}
)
"""A server's own, or what initdb has written by the image's own surroundings."""
_FILED: LiteralString = """
  SELECT DISTINCT ON (name) name, setting FROM pg_file_settings WHERE error IS NULL ORDER BY name, seqno DESC"""
_RULES: dict[str, tuple[LiteralString, LiteralString]] = {
    "pg_hba.conf": (
        "SELECT type, database, user_name, address, netmask, auth_method, options FROM pg_hba_file_rules",
        "hba_file",
    ),
    "pg_ident.conf": ("SELECT map_name, sys_name, pg_username FROM pg_ident_file_mappings", "ident_file"),
}


def read(old: ContainerPostgresAccess) -> ServerFiles:
    """What the old server's files say."""
    with session(old, "postgres") as was:
        rules: dict[str, tuple[str, str]] = {}
        for file, (query, setting) in _RULES.items():
            text = was.execute("SELECT pg_read_file(current_setting(%s))", [setting]).fetchall()[0][0]
            rules[file] = (_rows(was, query), str(text))
        return ServerFiles(_filed(was), rules)


def write(cli: DockerCli, files: ServerFiles, new: ContainerPostgresAccess) -> tuple[str, ...]:
    """Into the new server's; what was done, a sentence each; values are not shown."""
    with session(new, "postgres") as now:
        return (*_settings(files.settings, now), *_rules(cli, files, new, now))


def _rows(connection: "Connection", query: LiteralString) -> str:
    return json.dumps(connection.execute(query).fetchall(), default=str)


def _settings(was: Mapping[str, str], now: "Connection") -> Iterator[str]:
    from psycopg import DatabaseError, sql

    known = {str(row[0]) for row in now.execute("SELECT name FROM pg_settings").fetchall()}
    filed = _filed(now)
    for name, value in was.items():
        if name in _OWN or filed.get(name) == value:
            continue
        shown = printable(name, limit=63)
        if name not in known and "." not in name:
            yield f"setting {shown} is unknown to the new server and was left out"
            continue
        key = sql.Identifier(*name.split(".", 1))
        try:
            now.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(key, properties.setting_value(name, value)))
        except DatabaseError as error:
            if now.closed:
                raise
            said = printable(error.diag.message_primary or "", limit=200)
            raise HostError(
                f"The new server refuses the setting {shown}: {said}.",
                f"Take it back in the old server first: ALTER SYSTEM RESET {shown}",
            ) from None
        yield f"setting {shown} is carried over"


def _filed(connection: "Connection") -> dict[str, str]:
    return {str(name): str(value) for name, value in connection.execute(_FILED).fetchall()}


def _rules(cli: DockerCli, files: ServerFiles, new: ContainerPostgresAccess, now: "Connection") -> Iterator[str]:
    for file, (query, setting) in _RULES.items():
        read_before, text = files.rules[file]
        if read_before == _rows(now, query):
            continue
        place = str(now.execute("SELECT current_setting(%s)", [setting]).fetchall()[0][0])
        cli.run(commands.docker_exec(new.container, ("sh", "-c", 'cat >"$1"', "sh", place)), stdin=text.encode())
        if file == "pg_hba.conf":
            wrong = now.execute("SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL").fetchall()[0][0]
            if wrong:
                raise HostError(f"The new server cannot read the old {file}.", "Correct it in the old server first.")
        now.execute("SELECT pg_reload_conf()")
        yield f"{file} is carried over"

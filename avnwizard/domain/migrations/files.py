"""Chooses what of a migrations folder runs on the way up, on Postgres."""

import re
from functools import lru_cache
from pathlib import PurePosixPath

_DOWN_NAME = re.compile(r"(?:^|[._-])(?:down|rollback|undo|revert)(?:[._-]|$)", re.IGNORECASE)
_UNDO_PREFIX = re.compile(r"U\d[\d._]*__")
_OTHER_DIALECT = re.compile(
    r"(?:^|[._-])(mysql|mariadb|sqlite|sqlite3|mssql|sqlserver|oracle|cockroach|cockroachdb|crdb|clickhouse)(?:[._-]|$)",
    re.IGNORECASE,
)
_DOWN_SECTION = re.compile(
    r"^[ \t]*--[ \t]*(?:\+(?:goose|migrate)[ \t]+down|migrate:down|(?://)?@undo|rollback:?)\b.*$",
    re.IGNORECASE | re.MULTILINE,
)
_UP_SECTION = re.compile(
    r"^[ \t]*--[ \t]*(?:\+(?:goose|migrate)[ \t]+up|migrate:up)\b.*$", re.IGNORECASE | re.MULTILINE
)


@lru_cache(maxsize=16384)  # every release holds the files of those before it
def why_skipped(path: str) -> str:
    """Say why a file does not run on the way up; empty where it does."""
    pure = PurePosixPath(path)
    if pure.suffix.lower() != ".sql":
        return "not an SQL file"
    folders = {part.lower() for part in pure.parts[:-1]}
    if _DOWN_NAME.search(pure.stem) or _UNDO_PREFIX.match(pure.name) or folders & {"down", "rollback"}:
        return "a down migration"
    found = _OTHER_DIALECT.search(pure.stem) or next(
        filter(None, map(_OTHER_DIALECT.fullmatch, sorted(folders))), None
    )
    return f"for {found[1].lower()}, not PostgreSQL" if found else ""


def upward(sql: str) -> str:
    """Blank out a file's down section, so that line numbers stay (goose, sql-migrate, dbmate, MyBatis)."""
    down = _DOWN_SECTION.search(sql)
    if down is None:
        return sql
    up = _UP_SECTION.search(sql, down.end())
    end = up.start() if up else len(sql)
    return sql[: down.start()] + re.sub(r"[^\n]", " ", sql[down.start() : end]) + sql[end:]

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


_PROGRAMS = {
    ".rb": "Ruby",
    ".py": "Python",
    ".js": "JavaScript",
    ".mjs": "JavaScript",
    ".ts": "TypeScript",
    ".php": "PHP",
    ".go": "Go",
    ".java": "Java",
    ".kt": "Kotlin",
    ".cs": "C#",
    ".ex": "Elixir",
    ".exs": "Elixir",
    ".sh": "shell",
    ".xml": "XML",
    ".yml": "YAML",
    ".yaml": "YAML",
    ".hcl": "HCL",
}
_NUMBERED = re.compile(r"(?:[VRm]?\d[\d._]*[._-]|R__|[0-9a-f]{8,}_)", re.IGNORECASE)
"""How the tools name a migration: a number or a time first (Rails, Flyway, Laravel, Django, goose), or a revision's
id (Alembic)."""
_REPEATABLE = re.compile(r"R__")


@lru_cache(maxsize=16384)  # every release holds the files of those before it
def order(path: str) -> tuple[bool, tuple[tuple[bool, int, str], ...]]:
    """What files are sorted by, as their tools run them: V2 before V10, and repeatable ones last."""
    parts = re.split(r"(\d+)", path)
    return is_repeatable(path), tuple(
        (part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts
    )


@lru_cache(maxsize=16384)
def is_repeatable(path: str) -> bool:
    """Whether Flyway runs a file again whenever its text changes (`R__views.sql`)."""
    return bool(_REPEATABLE.match(PurePosixPath(path).name))


@lru_cache(maxsize=16384)  # every release holds the files of those before it
def why_not_judged(path: str) -> str:
    """Say why nobody can tell what a migration does that is no SQL; empty where the file is none."""
    pure = PurePosixPath(path)
    language = _PROGRAMS.get(pure.suffix.lower(), "")
    told = _NUMBERED.match(pure.name) and not why_down(path)
    return f"a migration in {language}, which is not judged" if language and told else ""


@lru_cache(maxsize=16384)
def why_skipped(path: str) -> str:
    """Say why a file does not run on the way up; empty where it does."""
    pure = PurePosixPath(path)
    if pure.suffix.lower() != ".sql":
        return "" if why_not_judged(path) else "not an SQL file"
    if why := why_down(path):
        return why
    folders = {part.lower() for part in pure.parts[:-1]}
    found = _OTHER_DIALECT.search(pure.stem) or next(
        filter(None, map(_OTHER_DIALECT.fullmatch, sorted(folders))), None
    )
    return f"for {found[1].lower()}, not PostgreSQL" if found else ""


def why_down(path: str) -> str:
    """Say that a file is the way down; empty where it is not."""
    pure = PurePosixPath(path)
    folders = {part.lower() for part in pure.parts[:-1]}
    down = _DOWN_NAME.search(pure.stem) or _UNDO_PREFIX.match(pure.name) or folders & {"down", "rollback"}
    return "a down migration" if down else ""


def upward(sql: str) -> str:
    """Blank out a file's down section, so that line numbers stay (goose, sql-migrate, dbmate, MyBatis)."""
    down = _DOWN_SECTION.search(sql)
    if down is None:
        return sql
    up = _UP_SECTION.search(sql, down.end())
    end = up.start() if up else len(sql)
    return sql[: down.start()] + re.sub(r"[^\n]", " ", sql[down.start() : end]) + sql[end:]

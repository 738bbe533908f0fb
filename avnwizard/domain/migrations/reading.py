"""Reads a release's SQL migrations with PostgreSQL's own parser and says what they mean."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from avnwizard.domain.migrations.files import upward, why_skipped
from avnwizard.domain.migrations.judging import Fresh, judge
from avnwizard.domain.migrations.timing import TableSize, timed, window_s
from avnwizard.domain.migrations.verdict import Effect, MigrationVerdict, Statement
from avnwizard.domain.plain import printable

_BLANK = " \t\r\n"


def read_migrations(files: Mapping[str, str], sizes: Mapping[str, TableSize] | None = None) -> MigrationVerdict:
    """Judge every statement of the files, in the order of their names.

    Args:
        files: path -> SQL text. Down migrations and other databases' dialects are skipped, and told.
        sizes: table (with or without its schema) -> its size; a table that is missing there is empty.
    """
    fresh = Fresh()
    skipped = tuple((path, why) for path in sorted(files) if (why := why_skipped(path)))
    unread = {path for path, _ in skipped}
    found = [
        timed(statement, sizes or {})
        for path in sorted(files.keys() - unread)
        for statement in _file(path, upward(files[path]), fresh)
    ]
    return MigrationVerdict(tuple(found), window_s(found), skipped)


def _file(path: str, sql: str, fresh: Fresh) -> Iterator[Statement]:
    from pglast.parser import ParseError

    try:
        pieces = list(_pieces(sql))
    except ParseError as wrong:
        yield Statement(path, 1, _unreadable(wrong))
        return
    for start, text in pieces:
        line = sql.count("\n", 0, start) + 1
        for effect in _effects(text, fresh):
            yield Statement(path, line, effect)


def _pieces(sql: str) -> Iterator[tuple[int, str]]:
    """Cut a text into statements with PostgreSQL's scanner, which needs no statement to be valid."""
    from pglast.parser import split

    for piece in split(sql, with_parser=False, only_slices=True):
        text = sql[piece]
        lead = _lead(text)
        if text[lead:].strip(_BLANK + ";"):
            yield piece.start + lead, text[lead:]


def _lead(text: str) -> int:
    """The length of the white space and comments before a statement."""
    at = 0
    while at < len(text):
        if text[at] in _BLANK + ";":
            at += 1
        elif text.startswith("--", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif text.startswith("/*", at):
            end = text.find("*/", at)
            at = len(text) if end < 0 else end + 2
        else:
            break
    return at


def _effects(sql: str, fresh: Fresh) -> Iterator[Effect]:
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        statements = parse_sql(sql)
    except ParseError as wrong:
        yield _unreadable(wrong)
        return
    for raw in statements:
        yield from judge(raw.stmt, fresh, lambda body: _block(body, fresh))


def _block(body: str, fresh: Fresh) -> Iterator[Effect]:
    """Judge the plain statements within a DO block; one that builds its SQL as it runs cannot be judged."""
    from pglast.parser import ParseError, parse_plpgsql_json

    function = f"CREATE FUNCTION block() RETURNS void LANGUAGE plpgsql AS $avnwizard_block${body}$avnwizard_block$"
    try:
        tree = json.loads(parse_plpgsql_json(function))
    except ParseError as wrong:
        yield _unreadable(wrong)
        return
    for kind, node in _nodes(tree):
        if kind == "PLpgSQL_stmt_dynexecute":
            yield Effect("builds its SQL while it runs, so nobody can judge it beforehand", unreadable=True)
        elif kind == "PLpgSQL_stmt_execsql":
            yield from _effects(node["sqlstmt"]["PLpgSQL_expr"]["query"], fresh)


def _nodes(tree: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for kind, node in tree.items():
            yield kind, node
            yield from _nodes(node)
    elif isinstance(tree, list):
        for node in tree:
            yield from _nodes(node)


def _unreadable(wrong: Exception) -> Effect:
    reason = printable(str(wrong.args[0] if wrong.args else wrong), limit=120)
    return Effect(f"not readable as PostgreSQL ({reason}): treated as not compatible", unreadable=True)

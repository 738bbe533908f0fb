"""Reads a release's SQL migrations with PostgreSQL's own parser and says what they mean."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from avnwizard.domain.migrations.files import upward, why_skipped
from avnwizard.domain.migrations.judging import Fresh, judge
from avnwizard.domain.migrations.timing import TableSize, timed, window_s
from avnwizard.domain.migrations.verdict import Effect, MigrationVerdict, Statement
from avnwizard.domain.plain import printable

_SEMICOLON, _OPENING, _CLOSING = "ASCII_59", "ASCII_40", "ASCII_41"


def read_migrations(
    files: Mapping[str, str], sizes: Mapping[str, TableSize] | None = None, *, apart: bool = False
) -> MigrationVerdict:
    """Judge every statement of the files, in the order of their names.

    Args:
        files: path -> SQL text. Down migrations and other databases' dialects are skipped, and told.
        sizes: table (with or without its schema) -> its size; a table that is missing there is empty.
        apart: judge each file as if those before it had run long ago, so that what they made holds rows by now;
            else as the files of one upgrade.
    """
    together = Fresh()
    skipped = tuple((path, why) for path in sorted(files) if (why := why_skipped(path)))
    unread = {path for path, _ in skipped}
    found = [
        timed(statement, sizes or {})
        for path in sorted(files.keys() - unread)
        for statement in _file(path, upward(files[path]), Fresh() if apart else together)
    ]
    return MigrationVerdict(tuple(found), window_s(found), skipped)


def _file(path: str, sql: str, fresh: Fresh) -> Iterator[Statement]:
    from pglast import parse_sql
    from pglast.parser import ParseError

    if "\0" in sql or (not sql.isascii() and sql.encode("utf-8", "replace").decode() != sql):
        # PostgreSQL's parser would stop reading at a NUL, and hide what follows
        yield Statement(path, 1, Effect("holds bytes that are no text: treated as not compatible", unreadable=True))
        return
    try:
        found = [(s.stmt_location or 0, s.stmt_len or len(sql)) for s in parse_sql(sql)]
        places = [(start, start + length) for start, length in found]
    except ParseError:
        try:
            places = list(_pieces(sql))
        except ParseError as wrong:
            yield Statement(path, 1, _unreadable(wrong))
            return
    for start, end in places:
        for effect in _effects(sql[start:end], fresh):
            yield Statement(path, sql.count("\n", 0, start) + 1, effect)


def _pieces(sql: str) -> Iterator[tuple[int, int]]:
    """Cut a text with an unreadable statement at its semicolons, so that the others can still be judged."""
    from pglast.parser import scan

    start, end, depth = -1, 0, 0
    for token in scan(sql):
        if token.name in {"SQL_COMMENT", "C_COMMENT"}:
            continue
        if token.name == _SEMICOLON and depth <= 0:
            if start >= 0:
                yield start, end
            start = -1
            continue
        start, end = token.start if start < 0 else start, token.end + 1
        depth += (token.name == _OPENING) - (token.name == _CLOSING)
    if start >= 0:
        yield start, end


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

    if "$avnwizard_block$" in body:
        yield Effect("quotes its body in a way that this wizard cannot read", unreadable=True)
        return
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

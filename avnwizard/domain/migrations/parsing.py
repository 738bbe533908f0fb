"""Reads one SQL file with PostgreSQL's own parser. Only a child process may: some texts end whoever parses them."""

import json
from collections.abc import Iterator
from typing import Any

from avnwizard.domain.migrations.judging import Fresh, judge
from avnwizard.domain.migrations.verdict import Effect
from avnwizard.domain.plain import printable

_SEMICOLON, _OPENING, _CLOSING = "ASCII_59", "ASCII_40", "ASCII_41"


def judge_file(sql: str, fresh: Fresh) -> Iterator[tuple[int, Effect]]:
    """What the statements of one file do, each with its line.

    Args:
        sql: the text; one that is not PostgreSQL's gives effects that are unreadable.
        fresh: what earlier files made; grows here.
    """
    from pglast import parse_sql
    from pglast.parser import ParseError

    if "\0" in sql or (not sql.isascii() and sql.encode("utf-8", "replace").decode() != sql):
        # PostgreSQL's parser would stop reading at a NUL, and hide what follows
        yield 1, Effect("holds bytes that are no text: treated as not compatible", unreadable=True)
        return
    place = _Lines(sql)
    try:
        statements = parse_sql(sql)
    except ParseError:
        yield from _piece_by_piece(sql, place, fresh)
        return
    for raw in statements:
        line = place.of(raw.stmt_location or 0)
        for effect in judge(raw.stmt, fresh, lambda body: block(body, fresh)):
            yield line, effect


class _Lines:
    """Turns growing places of a text into lines."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def of(self, place: int) -> int:
        """The line of a place, which does not lie before the one asked for last."""
        self._line += self._text.count("\n", self._at, place)
        self._at = max(self._at, place)
        return self._line


def _piece_by_piece(sql: str, place: _Lines, fresh: Fresh) -> Iterator[tuple[int, Effect]]:
    """Cut a text with an unreadable statement at its semicolons, so that the others can still be judged."""
    from pglast.parser import ParseError

    try:
        pieces = list(_pieces(sql))
    except ParseError as wrong:
        yield 1, _unreadable(wrong)
        return
    for start, end in pieces:
        line = place.of(start)
        for effect in _effects(sql[start:end], fresh):
            yield line, effect


def _pieces(sql: str) -> Iterator[tuple[int, int]]:
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
        yield from judge(raw.stmt, fresh, lambda body: block(body, fresh))


def block(body: str, fresh: Fresh) -> Iterator[Effect]:
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

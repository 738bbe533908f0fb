"""Cuts one SQL file into statements with PostgreSQL's own parser. Only the child process that parses SQL may."""

from collections.abc import Iterator, Sequence
from typing import Any

from avnwizard.domain.migrations.judging import Fresh, judge
from avnwizard.domain.migrations.parsing import block
from avnwizard.domain.migrations.pieces import How, Piece
from avnwizard.domain.migrations.verdict import Effect
from avnwizard.domain.plain import printable

_APART = {
    "VacuumStmt",
    "CopyStmt",
    "CreatedbStmt",
    "DropdbStmt",
    "AlterSystemStmt",
    "CreateTableSpaceStmt",
    "CheckPointStmt",
}


def cut_file(sql: str, fresh: Fresh) -> list[Piece]:
    """The statements in order.

    Args:
        fresh: what earlier files made; grows here.

    Raises:
        ValueError: it is not PostgreSQL's SQL.
    """
    from pglast import parse_sql
    from pglast.parser import ParseError

    if "\0" in sql:
        raise ValueError("it holds a NUL")
    try:
        statements = parse_sql(sql)
    except ParseError as wrong:
        raise ValueError(printable(str(wrong.args[0] if wrong.args else wrong), limit=120)) from None
    found: list[Piece] = []
    for raw in statements:
        start = raw.stmt_location or 0
        text = sql[start : start + raw.stmt_len] if raw.stmt_len else sql[start:]
        lead = len(text) - len(text.lstrip())
        line = sql.count("\n", 0, start + lead) + 1
        found += _pieces(raw.stmt, text.strip().rstrip(";").rstrip(), line, fresh)
    return found


def _pieces(node: Any, text: str, line: int, fresh: Fresh) -> Iterator[Piece]:
    names = _names(text)
    kind = type(node).__name__
    effects = list(judge(node, fresh, lambda body: block(body, fresh)))
    bad = [one for one in effects if _breaks(one)]
    if kind == "TransactionStmt":
        yield Piece(line, text, "transaction", names=names)
    elif kind in _APART or getattr(node, "concurrent", False):
        yield Piece(line, text, "apart", names=names, why="cannot run here in a transaction with others")
    elif not bad:
        yield Piece(line, text, "plain", names=names)
    elif kind == "AlterTableStmt":
        yield from _altered(node, text, line, effects)
    else:
        how, targets, new = _held(node, kind)
        yield Piece(line, text, how, targets, new, names, bad[0].why)


def _altered(node: Any, text: str, line: int, effects: Sequence[Effect]) -> Iterator[Piece]:
    """Each command on its own: those that drop a column can wait, and the others cannot."""
    from pglast import ast
    from pglast.stream import RawStream

    schema, table = node.relation.schemaname or "", str(node.relation.relname)
    whole = len(node.cmds) == 1
    for command, effect in zip(node.cmds, effects, strict=True):
        alone = ast.AlterTableStmt(
            relation=node.relation, cmds=(command,), objtype=node.objtype, missing_ok=node.missing_ok
        )
        sql = text if whole else str(RawStream()(alone))
        how: How = "breaks" if _breaks(effect) else "plain"
        targets: tuple[tuple[str, str, str], ...] = ()
        if command.subtype.name == "AT_DropColumn" and node.objtype.name == "OBJECT_TABLE":
            how, targets = "drop column", ((schema, table, str(command.name)),)
        why = effect.why if how != "plain" else ""
        yield Piece(line, sql, how, targets, names=_names(sql), why=why)


def _held(node: Any, kind: str) -> tuple[How, tuple[tuple[str, str, str], ...], str]:
    if kind == "DropStmt" and node.removeType.name == "OBJECT_TABLE":
        return "drop table", tuple(_table(item) for item in node.objects), ""
    if kind == "RenameStmt" and node.renameType.name == "OBJECT_COLUMN" and node.relation is not None:
        target = node.relation.schemaname or "", str(node.relation.relname), str(node.subname)
        return "rename column", (target,), str(node.newname)
    return "breaks", (), ""


def _table(item: Any) -> tuple[str, str, str]:
    parts = [str(part.sval) for part in item]
    return (parts[-2] if len(parts) > 1 else "", parts[-1], "")


def _breaks(effect: Effect) -> bool:
    return effect.breaks_old_code or effect.loses_data or effect.unreadable


def _names(sql: str) -> frozenset[str]:
    """Identifiers and words as the scanner sees them: more than are names, never fewer."""
    from pglast.parser import ParseError, scan

    try:
        return frozenset(sql[one.start : one.end + 1].strip('"').lower() for one in scan(sql))
    except ParseError:
        return frozenset(sql.lower().split())

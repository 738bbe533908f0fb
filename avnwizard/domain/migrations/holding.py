"""Splits a release's migrations: what runs now, and what waits until the old code is gone (expand and contract).

A dropped column or table simply stays for now. A renamed column gets a sibling under the new name, which a trigger
keeps equal, so that both codes find their own; what is held later drops the sibling and renames the real one, so that
the schema ends exactly as the release makes it.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from avnwizard.domain.migrations.pieces import Piece, Pieces
from avnwizard.domain.plain import printable


@dataclass(frozen=True)
class ColumnFacts:
    """A live column, as far as holding back depends on it.

    Attributes:
        kind: its type, as PostgreSQL writes it.
        required: new code that does not name it cannot add rows: NOT NULL, and nothing fills it.
        in_key: it belongs to the primary key.
        indexes: (unique, access method) of each index on it alone.
        tangled: why a sibling cannot stand in for it, or why its table cannot stay, as a clause; "" for nothing.
        constrained: a foreign key, a check or an exclusion is on it, which the new code may run into.
    """

    schema: str
    kind: str
    required: bool = False
    in_key: bool = False
    indexes: tuple[tuple[bool, str], ...] = ()
    tangled: str = ""
    constrained: bool = False


_APART = ""
"""Stands for a statement that cannot run in a transaction with others: it only matters in a file that is split."""
Look = Callable[[str, str, str], ColumnFacts | None]
"""(schema or "", table, column or "") -> the live column, or the table as such; None where there is none."""


@dataclass(frozen=True)
class SplitFile:
    """One migration.

    Attributes:
        recorded: what the release's own list calls it.
        first: the statements that run now.
        later: those that are held back.
        held: what these are, a sentence each.
        gone: (schema or "", table, column or "") that are there until the rest has run.
    """

    path: str
    recorded: str
    first: tuple[str, ...]
    later: tuple[str, ...]
    held: tuple[str, ...]
    gone: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Cut:
    """What waits of one release, before anybody looked where the release keeps its list.

    Attributes:
        files: those that avnwizard runs in place of the release, in order, up to the last that holds something back.
        lines: (path, line) of each statement that is held back.
    """

    files: tuple[SplitFile, ...]
    lines: frozenset[tuple[str, int]]


class CannotHoldError(Exception):
    """Why nothing can be held back, as a clause."""


def split(files: Sequence[tuple[str, Pieces]], look: Look) -> Cut:
    """Say which statements wait.

    Args:
        files: (path, statements) of the release's new migrations, in the order in which they run.

    Raises:
        CannotHoldError: a statement breaks the old code and cannot wait, or a later one needs what would wait.
    """
    waiting: list[tuple[str, Piece]] = []
    found: list[SplitFile] = []
    last = -1
    for path, pieces in files:
        one = _split_file(path, pieces, look, waiting)
        last = len(found) if one.held else last
        found.append(one)
    ours = found[: last + 1]
    if not ours:
        raise CannotHoldError("no statement breaks the old code")
    for one in ours:
        if _APART in one.first:
            where = printable(one.path, limit=200)
            raise CannotHoldError(f"{where} has a statement that cannot run in a transaction")
    return Cut(tuple(ours), frozenset((path, piece.line) for path, piece in waiting))


def _split_file(path: str, pieces: Pieces, look: Look, waiting: list[tuple[str, Piece]]) -> SplitFile:
    where = printable(path, limit=200)
    if pieces.problem:
        raise CannotHoldError(f"{where} cannot be cut into statements ({printable(pieces.problem, limit=120)})")
    first: list[str] = []
    later: list[str] = []
    held: list[str] = []
    gone: list[tuple[str, str, str]] = []
    for piece in pieces.all:
        if piece.how == "apart":
            first.append(_APART)
        elif piece.can_be_held:
            now, then = _ways(path, piece, look)
            first += now
            later += then
            held.append(f"{where}:{piece.line}: {printable(piece.why, limit=160)}")
            gone += piece.targets
            waiting.append((path, piece))
        elif piece.how == "breaks":
            raise CannotHoldError(f"{where}:{piece.line} cannot wait: {printable(piece.why, limit=160)}")
        elif piece.how != "transaction":
            _require_apart(path, piece, waiting)
            first.append(piece.sql)
    return SplitFile(path, "", tuple(first), tuple(later), tuple(held), tuple(gone))


def _require_apart(path: str, piece: Piece, waiting: Sequence[tuple[str, Piece]]) -> None:
    """A statement that names what a held one removes or renames would find it as it is not meant to."""
    for earlier, held in waiting:
        for _, table, column in held.targets:
            names = {column.lower(), held.new.lower()} - {""} if column else {table.lower()}
            if table.lower() in piece.names and names & piece.names:
                there = f"{printable(earlier, limit=200)}:{held.line}"
                raise CannotHoldError(
                    f"{printable(path, limit=200)}:{piece.line} uses what {there} changes, so that cannot wait"
                )


def _ways(path: str, piece: Piece, look: Look) -> tuple[list[str], list[str]]:
    """What runs now in a statement's place, and what runs later."""
    where = f"{printable(path, limit=200)}:{piece.line}"
    if piece.how == "drop table":
        for schema, table, _ in piece.targets:
            found = look(schema, table, "")
            if found and found.tangled:
                raise CannotHoldError(f"{where} drops {printable(table)}, which cannot wait: {found.tangled}")
        return [], [piece.sql]
    schema, table, column = piece.targets[0]
    facts = look(schema, table, column)
    if facts is None:
        if piece.how == "drop column":
            return [], [piece.sql]
        raise CannotHoldError(f"{where}: there is no column {printable(table)}.{printable(column)} now")
    if piece.how == "drop column":
        return _kept_column(where, piece, facts)
    if facts.tangled or facts.in_key:
        why = facts.tangled or "it belongs to the primary key"
        raise CannotHoldError(f"{where} renames {printable(table)}.{printable(column)}, which cannot wait: {why}")
    return _twin(piece, facts)


def _kept_column(where: str, piece: Piece, facts: ColumnFacts) -> tuple[list[str], list[str]]:
    """The new code does not fill the column any more, so it may be empty from now on."""
    _, table, column = piece.targets[0]
    if facts.constrained:
        raise CannotHoldError(
            f"{where} drops {printable(table)}.{printable(column)}, which cannot wait: a constraint is on it"
        )
    if not facts.required:
        return [], [piece.sql]
    if facts.in_key:
        raise CannotHoldError(
            f"{where} drops {printable(table)}.{printable(column)}, which cannot wait: it belongs to the primary key"
        )
    of = f"{quoted(facts.schema)}.{quoted(table)}"
    return [f"ALTER TABLE {of} ALTER COLUMN {quoted(column)} DROP NOT NULL"], [piece.sql]


def _twin(piece: Piece, facts: ColumnFacts) -> tuple[list[str], list[str]]:
    _, table, column = piece.targets[0]
    of, old, new = f"{quoted(facts.schema)}.{quoted(table)}", quoted(column), quoted(piece.new)
    name = hashlib.sha256(f"{facts.schema}.{table}.{column}.{piece.new}".encode()).hexdigest()[:12]
    keeper = f"{quoted(facts.schema)}.{quoted(f'avnwizard_twin_{name}')}"
    trigger = quoted(f"avnwizard_twin_{name}")
    body = (
        f"BEGIN IF TG_OP = 'INSERT' THEN IF NEW.{new} IS NOT NULL THEN NEW.{old} := NEW.{new}; "
        f"ELSE NEW.{new} := NEW.{old}; END IF; "
        f"ELSIF NEW.{new} IS DISTINCT FROM OLD.{new} THEN NEW.{old} := NEW.{new}; "
        f"ELSE NEW.{new} := NEW.{old}; END IF; RETURN NEW; END"
    )
    first = [
        f"ALTER TABLE {of} ADD COLUMN {new} {facts.kind}",
        f"CREATE FUNCTION {keeper}() RETURNS trigger LANGUAGE plpgsql AS $avnwizard${body}$avnwizard$",
        f"CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {of} FOR EACH ROW EXECUTE FUNCTION {keeper}()",
        f"UPDATE {of} SET {new} = {old}",  # noqa: S608 - quoted names
        *(
            f"CREATE {'UNIQUE ' if unique else ''}INDEX ON {of} USING {quoted(method)} ({new})"
            for unique, method in facts.indexes
        ),
    ]
    later = [
        f"DROP TRIGGER {trigger} ON {of}",
        f"DROP FUNCTION {keeper}()",
        f"ALTER TABLE {of} DROP COLUMN {new}",
        piece.sql,
    ]
    return first, later


def quoted(name: str) -> str:
    """An identifier as SQL, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'

"""What the reader and its child say to each other: one JSON document a line."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from avnwizard.domain.migrations import Alteration, Effect, Judged, Work
from avnwizard.domain.migrations.pieces import Piece, Pieces

LARGEST_BYTES = 8 << 20
MOST_EFFECTS = 50_000


@dataclass(frozen=True)
class Limits:
    """What the child may take for one text.

    Attributes:
        cpu_s: seconds of processor time: 4 MB of INSERT take 3 s, and 100 KB of "/*" would take minutes. A busy host
            does not shorten it.
        wall_s: seconds until it is ended even so.
        memory_bytes: of address space, Python's own 25 MB included.
    """

    cpu_s: int = 10
    wall_s: float = 60.0
    memory_bytes: int = 1 << 30


@dataclass(frozen=True)
class Made:
    """What the texts before made: new tables, and new columns by table."""

    tables: frozenset[str] = frozenset()
    columns: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: "Made") -> "Made":
        return Made(self.tables | other.tables, self.columns | other.columns)


def question(sql: str, made: Made, *, cut: bool = False) -> bytes:
    """Ask for one text: what it does, or its statements."""
    return _line({"sql": sql, "cut": cut, **_made(made)})


def read_question(line: bytes) -> tuple[str, Made, bool]:
    """A text, what was made before it, and whether its statements are wanted."""
    found = json.loads(line)
    return found["sql"], _read_made(found), found["cut"]


def answer_pieces(pieces: Pieces, made: Made) -> bytes:
    """Say which statements a text has, and what it makes."""
    found = [{**asdict(one), "names": sorted(one.names)} for one in pieces.all]
    return _line({"problem": pieces.problem, "pieces": found, **_made(made)})


def read_pieces(line: bytes) -> tuple[Pieces, Made] | None:
    """The statements of a text and what it makes; None where the line is no answer."""
    try:
        found = json.loads(line)
        pieces = tuple(
            Piece(
                **{
                    **one,
                    "targets": tuple((schema, table, column) for schema, table, column in one["targets"]),
                    "names": frozenset(one["names"]),
                }
            )
            for one in found["pieces"]
        )
        return Pieces(pieces, found["problem"]), _read_made(found)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def answer(judged: Judged, made: Made) -> bytes:
    """Say what a text does and what it makes."""
    effects = [[line, *asdict(effect).values()] for line, effect in judged.effects]
    return _line({"problem": judged.problem, "effects": effects, **_made(made)})


def read_answer(line: bytes) -> tuple[Judged, Made] | None:
    """What a text does and what it makes; None where the line is no answer."""
    try:
        found = json.loads(line)
        effects = tuple((number, _effect(values)) for number, *values in found["effects"])
        return Judged(effects, found["problem"]), _read_made(found)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _effect(values: list[Any]) -> Effect:
    named = dict(zip((one.name for one in fields(Effect)), values, strict=True))
    return Effect(**{**named, "work": Work(named["work"]), "change": _alteration(named["change"])})


def _alteration(found: dict[str, Any] | None) -> Alteration | None:
    if found is None:
        return None
    return Alteration(**{**found, "columns": tuple((name, kind) for name, kind in found["columns"])})


def _made(made: Made) -> dict[str, list[Any]]:
    return {"tables": sorted(made.tables), "columns": sorted(map(list, made.columns))}


def _read_made(found: dict[str, Iterable[Any]]) -> Made:
    return Made(frozenset(found["tables"]), frozenset((table, column) for table, column in found["columns"]))


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"

"""Reads a TOML file of the operator's: whatever is wrong with it is one error that names the file and the line."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from avnwizard.domain.plain import printable
from avnwizard.errors import UsageError

_LONG_NUMBER = re.compile(r"[0-9][0-9_]{4000}")
"""Python refuses to read a number of more than 4,300 digits."""
_PLACE = re.compile(r"at (?:line \d+, column \d+|end of document)")


def read_toml(data: bytes, *, source: str, secret: bool = False) -> dict[str, Any]:
    """Read the table that a file holds.

    Args:
        source: the file, for the message.
        secret: whether its texts are values of any kind, none of which may be shown.

    Raises:
        UsageError: no text, no TOML, or (unless secret) a text in it that cannot be shown.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{source}, line {line}: this is not UTF-8 text.", "Save the file as UTF-8.") from None
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{source} is not TOML: {_reason(str(error), secret=secret)}.", "Correct that line."
        ) from None
    except RecursionError:
        line = _first(text, max(map(_depth, text.split("\n"))))
        raise UsageError(f"{source}, line {line}: nested too deeply.", "Correct that line.") from None
    except ValueError:  # a date that is none is a TOMLDecodeError; what is left is a number that is too long
        long = _LONG_NUMBER.search(text)
        line = text.count("\n", 0, long.start()) + 1 if long else 1
        raise UsageError(f"{source}, line {line}: a number cannot be read.", "Correct that line.") from None
    for place, value in () if secret else _texts(found, ""):
        if printable(value, keep_newlines=True) != value:
            raise UsageError(f"{source}: {place} holds a character that cannot be shown.", "Type it again.")
    return found


def _reason(said: str, *, secret: bool) -> str:
    if not secret:
        return printable(said, limit=200)
    place = _PLACE.search(said)
    return f"look {place[0]}" if place else "a line cannot be read"


def _depth(line: str) -> int:
    return line.count("[") + line.count("{")


def _first(text: str, depth: int) -> int:
    return next(number for number, line in enumerate(text.split("\n"), start=1) if _depth(line) == depth)


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    """(place, text) for every text in a table, names of keys too."""
    if isinstance(value, str):
        yield place, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        below = f"{place}.{name}".lstrip(".")
        if isinstance(name, str):
            yield printable(below), name
        yield from _texts(part, printable(below))

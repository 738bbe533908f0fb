"""Edits of an env file's text: each changes the bytes it must and leaves the others as they are."""

import re

from avnwizard.domain.envfile.errors import EnvEditError
from avnwizard.domain.envfile.quoting import written
from avnwizard.domain.envfile.scan import Statement
from avnwizard.domain.interpolation import InterpolationError, interpolate, references
from avnwizard.domain.plain import printable

Statements = tuple[Statement, ...]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def with_value(text: str, statements: Statements, key: str, value: str) -> str:
    """Replace the value of the last assignment of `key`, or add one."""
    last = next((s for s in reversed(statements) if s.key == key), None)
    if last is None:
        return appended(text, statements, key, value, "")
    if last.inherited:
        return text[: last.key_end] + "=" + written(value) + text[last.key_end :]
    return text[: last.value_at] + written(value, last.quote) + text[last.value_end :]


def renamed(text: str, statements: Statements, old: str, new: str) -> str:
    """Rename every assignment of `old` and every reference to it."""
    _must_be_name(new)
    _must_be_set(statements, old)
    if any(s.key == new for s in statements):
        raise EnvEditError(
            f"{printable(new)} is set already", f"Decide which value holds, then remove {printable(old)}."
        )
    changes = [(s.key_at, s.key_end, new) for s in statements if s.key == old]
    changes += [change for s in statements if s.expands for change in _references(text, s, old, new)]
    for at, end, replacement in sorted(changes, reverse=True):
        text = text[:at] + replacement + text[end:]
    return text


def _references(text: str, s: Statement, old: str, new: str) -> list[tuple[int, int, str]]:
    raw = text[s.value_at : s.value_end].replace("\\$", "\0\0")  # an escaped dollar refers to nothing
    try:
        uses = [use for use in references(raw) if use.name == old]
    except InterpolationError:
        return []
    starts = [s.value_at + use.start + 1 + raw.startswith("${", use.start) for use in uses]
    return [(at, at + len(old), new) for at in starts]


def commented_out(text: str, statements: Statements, key: str, note: str) -> str:
    """Comment every assignment of `key` out."""
    _must_be_set(statements, key)
    for s in reversed([s for s in statements if s.key == key]):
        text = _one_commented_out(text, s, note)
    return text


def _one_commented_out(text: str, s: Statement, note: str) -> str:
    eol = _eol(text)
    line_at = text.rfind("\n", 0, s.at) + 1
    shares_start = bool(text[line_at : s.at].strip())
    line_end = text.find("\n", s.value_end)
    rest = text[s.value_end : line_end if line_end >= 0 else len(text)].strip()
    shares_end = bool(rest) and not rest.startswith("#")
    body = text[s.at : s.value_end].replace("\n", "\n# ")
    return "".join(
        [
            text[: s.at],
            eol if shares_start else "",
            _comment(note, eol),
            "# ",
            body,
            eol if shares_end else "",
            text[s.value_end :],
        ]
    )


def appended(text: str, statements: Statements, key: str, value: str, comment: str) -> str:
    """Add an assignment at the end, ending the last line first where it has no end."""
    _must_be_name(key)
    if any(s.key == key for s in statements):
        raise EnvEditError(f"{printable(key)} is set already", "Change its value instead.")
    eol = _eol(text)
    gap = eol if text and not text.endswith("\n") else ""
    return f"{text}{gap}{_comment(comment, eol)}{key}={written(value)}{eol}"


def check_written(statements: Statements, key: str, value: str) -> None:
    """Prove that the text just written reads back as the value that was asked for.

    Raises:
        EnvEditError: it does not; nothing may be written then.
    """
    last = next((s for s in reversed(statements) if s.key == key), None)
    got = last and (interpolate(last.literal, {}) if last.expands else last.literal)
    if got != value:
        raise EnvEditError(f"{printable(key)} cannot be written to this file", "Edit the file by hand.")


def _comment(note: str, eol: str) -> str:
    return "".join(f"# {printable(line)}{eol}" for line in note.splitlines())


def _eol(text: str) -> str:
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def _must_be_name(key: str) -> None:
    if not _NAME.fullmatch(key):
        raise EnvEditError(f"{printable(key, limit=60)!r} is no name for a variable", "Use letters, digits and _.")


def _must_be_set(statements: Statements, key: str) -> None:
    if not any(s.key == key for s in statements):
        raise EnvEditError(f"{printable(key)} is not set in this file", "Choose a variable that is.")

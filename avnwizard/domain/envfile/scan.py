"""Reads an env file into statements with their places, as Compose does (compose-go v2, package `dotenv`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.envfile.errors import EnvSyntaxError

Quote = Literal["", "'", '"']

_EXPORT = re.compile(r"export[\t\v\f\r \x85\xa0]+")
_BLANK = "\t\v\f\r \x85\xa0"
"""Go's white space without the line feed: what Compose skips within a line."""
_SPACE = re.compile(r"\s*")
_ESCAPE = re.compile(r"""\\(?:[abcfnrtv$"\\]|0\d{0,3})""")
_ESCAPED = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    '"': '"',
    "\\": "\\",
    "$": "$$",
}
_OCTAL_DIGITS = 3
_MAX_OCTAL = 0o377


@dataclass(frozen=True)
class Statement:
    """One assignment and where it lies in the text.

    `literal` is the value after quotes and escapes, before interpolation; `expands` says whether Compose
    interpolates it. `[key_at:key_end]` and `[value_at:value_end]` are its places, quotes included.
    An `inherited` statement is a bare name: Compose takes its value from its own environment.
    """

    key: str
    literal: str
    quote: Quote
    line: int
    at: int
    key_at: int
    key_end: int
    value_at: int
    value_end: int
    inherited: bool = False

    @property
    def expands(self) -> bool:
        """Whether `$` means something in this value."""
        return self.quote != "'"


def scan(text: str, unread: list[int] | None = None) -> Iterator[Statement]:
    """Give the statements of an env file in order.

    Args:
        unread: takes the numbers of the lines that cannot be read, which are passed over; None raises instead.

    Raises:
        EnvSyntaxError: what Compose refuses too.
    """
    at, line, counted = 0, 1, 0
    while (at := _next_statement(text, at)) < len(text):
        line += text.count("\n", counted, at)
        counted = at
        try:
            statement = _statement(text, at, line)
        except EnvSyntaxError:
            if unread is None:
                raise
            unread.append(line)
            at = _end_of_line(text, at)
            continue
        yield statement
        at = statement.value_end
        if not (statement.quote or statement.inherited):
            at = _end_of_line(text, at)


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _next_statement(text: str, at: int) -> int:
    while True:
        blank = _SPACE.match(text, at)
        at = blank.end() if blank else at
        if not text.startswith("#", at):
            return at
        at = _end_of_line(text, at)


def _statement(text: str, at: int, line: int) -> Statement:
    export = _EXPORT.match(text, at)
    key_at = export.end() if export else at
    separator = _end_of_key(text, key_at, line)
    key = text[key_at:separator].rstrip()
    if any(c.isspace() for c in key):
        raise EnvSyntaxError(line, "the name before = contains a space")
    key_end = key_at + len(key)
    if separator == len(text) or text[separator] == "\n":
        return Statement(key, "", "", line, at, key_at, key_end, separator, separator, inherited=True)
    value_at = separator + 1
    while value_at < len(text) and text[value_at] in _BLANK:
        value_at += 1
    if text.startswith(("'", '"'), value_at):
        literal, value_end = _quoted(text, value_at, line)
        quote: Quote = "'" if text[value_at] == "'" else '"'
        return Statement(key, literal, quote, line, at, key_at, key_end, value_at, value_end)
    end = text.find("\n", value_at)
    raw = text[value_at : end if end >= 0 else len(text)].partition(" #")[0].rstrip()
    return Statement(key, raw, "", line, at, key_at, key_end, value_at, value_at + len(raw))


def _end_of_key(text: str, at: int, line: int) -> int:
    for index in range(at, len(text)):
        char = text[index]
        if char in "=:\n":
            return index
        if not (char in _BLANK or char in "_.-[]" or char.isalpha() or char.isnumeric()):
            raise EnvSyntaxError(line, f"unexpected character {char!r} in the name of a variable")
    return len(text)


def _quoted(text: str, at: int, line: int) -> tuple[str, int]:
    quote, index = text[at], at + 1
    chars: list[str] = []
    while index < len(text):
        char = text[index]
        if char == quote:
            value = "".join(chars)
            return (value if quote == "'" else expand_escapes(value)), index + 1
        if char == "\\" and index + 1 < len(text):
            index += 1
            chars.append(text[index] if text[index] == quote else "\\" + text[index])
        else:
            chars.append(char)
        index += 1
    raise EnvSyntaxError(line, "the quoted value never ends")


def expand_escapes(text: str) -> str:
    """Expand what Compose expands within double quotes; a literal dollar comes out as `$$`."""
    return _ESCAPE.sub(_expand, text)


def _expand(match: re.Match[str]) -> str:
    body = match[0][1:]
    if body[0] != "0":
        return _ESCAPED.get(body, match[0])
    digits = body[1:]
    if len(digits) == _OCTAL_DIGITS and set(digits) <= set("01234567") and int(digits, 8) <= _MAX_OCTAL:
        return chr(int(digits, 8))
    return "\\" + digits  # what Compose leaves of an octal number that is none

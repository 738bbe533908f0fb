"""Writes a value so that Compose reads back exactly that value."""

import re

from avnwizard.domain.envfile.errors import EnvEditError
from avnwizard.domain.envfile.scan import Quote

_BARE = re.compile(r"[A-Za-z0-9_./:@%+,=~^*!?&;<>|()\[\]{}-]+(?: [A-Za-z0-9_./:@%+,=~^*!?&;<>|()\[\]{}-]+)*")
"""What needs no quotes in Compose's eyes, and surprises no other reader of env files."""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r"}


def written(value: str, prefer: Quote = "") -> str:
    """Give the text that stands for `value` in an env file, in the preferred quotes where they can carry it.

    Raises:
        EnvEditError: the value holds a NUL, which no environment can carry.
    """
    if "\0" in value:
        raise EnvEditError("a value with a NUL byte cannot be put in an environment", "Remove the NUL byte.")
    if prefer == "'" and _fits_single(value):
        return f"'{value}'"
    if prefer != '"':
        if not value or (_BARE.fullmatch(value) and (prefer == "" or value)):
            return value if prefer == "" else f"'{value}'"
        if _fits_single(value):
            return f"'{value}'"
    return '"' + "".join(_ESCAPES.get(char, char) for char in value) + '"'


def _fits_single(value: str) -> bool:
    return not any(char in value for char in "'\\\n\r")

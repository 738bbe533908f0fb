"""The operator's own settings, for every stack on the host: a small TOML file in the operator's home."""

import difflib
import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from avnwizard.domain.plain import printable
from avnwizard.domain.toml_text import read_toml
from avnwizard.errors import UsageError

FIXED = frozenset({"enter", "escape", "tab", "up", "down", "left", "right", "home", "end", "pageup", "pagedown"})
"""Keys that mean the same in every list, question and text; no action can have them."""
_HINT = "List the actions and their keys with: avnwizard help keys"
_NAMED = frozenset({"space", "insert", "delete", "backspace", *(f"f{number}" for number in range(1, 13))})
_CONTROLS = frozenset(string.ascii_lowercase) - frozenset("chijmqz")
"""What Ctrl may go with. A terminal sends Tab, Enter and Backspace for I, J, M and H; C, Q and Z leave or suspend."""
_SIGNS: Mapping[str, str] = {
    "?": "question_mark", "/": "slash", " ": "space", ",": "comma", ".": "full_stop", ";": "semicolon", ":": "colon",
    "!": "exclamation_mark", "#": "number_sign", "*": "asterisk", "+": "plus", "-": "minus", "=": "equals_sign",
    "<": "less_than_sign", ">": "greater_than_sign", "_": "underscore", "@": "at", "&": "ampersand",
    "%": "percent_sign", "$": "dollar_sign", "(": "left_parenthesis", ")": "right_parenthesis",
    "[": "left_square_bracket", "]": "right_square_bracket", "{": "left_curly_bracket", "}": "right_curly_bracket",
    "'": "apostrophe", '"': "quotation_mark", "\\": "backslash", "|": "vertical_line", "~": "tilde",
    "^": "circumflex_accent", "`": "grave_accent",
}  # fmt: skip
"""A character -> what Textual 8.2 calls its key."""
_CHARACTERS = {name: sign for sign, name in _SIGNS.items() if sign != " "}


@dataclass(frozen=True)
class Settings:
    """What the file says.

    Attributes:
        keys: an action's name -> its key, as Textual calls it.
    """

    keys: Mapping[str, str] = field(default_factory=dict)


def parse_settings(data: bytes, *, source: str, actions: Collection[str]) -> Settings:
    """Read the file.

    Args:
        actions: the names of the actions that have a key.

    Raises:
        UsageError: no TOML, an unknown table or action, or a key that no action can have; it names the place.
    """
    found = read_toml(data, source=source)
    for name in found:
        if name != "keys":
            raise UsageError(
                f"{source}: there is no setting {printable(name, limit=60)!r}.", "The one table: [keys]."
            )
    table = found.get("keys", {})
    if not isinstance(table, dict):
        raise UsageError(f"{source}: keys is no table.", "Write [keys], and below it a line such as: pause = 'f2'")
    return Settings({_action(name, source, actions): _key(name, key, source) for name, key in table.items()})


def _action(name: str, source: str, actions: Collection[str]) -> str:
    if name in actions:
        return name
    near = difflib.get_close_matches(name, actions, n=1)
    shown = printable(name, limit=60)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(f"{source}: [keys] has no action {shown!r}.", hint + _HINT)


def _key(name: str, wanted: Any, source: str) -> str:
    place = f"{source}: keys.{name}"
    if not isinstance(wanted, str):
        raise UsageError(f"{place} is no text.", "Write the key between quotes, such as 'f2'.")
    key = wanted if len(wanted) == 1 else wanted.strip().lower()
    key = _SIGNS.get(key, key)
    known = key in _NAMED or key in _CHARACTERS or (len(key) == 1 and key.isascii() and key.isalnum())
    if known or (key.startswith("ctrl+") and key.removeprefix("ctrl+") in _CONTROLS):
        return key
    shown = printable(wanted, limit=40)
    why = "means the same everywhere and stays as it is" if key in FIXED else "is no key that an action can have"
    raise UsageError(
        f"{place}: {shown!r} {why}.",
        "Take a letter, a digit, a sign such as '!', 'space', 'f1' to 'f12' or 'ctrl+LETTER'.",
    )


def key_shown(key: str) -> str:
    """A key as a footer shows it, such as `?`, `Space`, `Ctrl+P` or `F2`."""
    if key.startswith("ctrl+"):
        return f"Ctrl+{key.removeprefix('ctrl+').upper()}"
    return _CHARACTERS.get(key) or (key if len(key) == 1 else key.capitalize())

"""What characters look like, as Select Graphic Rendition (ECMA-48, 8.3.117) says it."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

_FOREGROUND, _BACKGROUND = 38, 48
_TRUE_COLOUR = 2
_OWN_FOREGROUND, _OWN_BACKGROUND = 39, 49
_FOREGROUNDS: Final = frozenset([*range(30, 38), *range(90, 98)])
_BACKGROUNDS: Final = frozenset([*range(40, 48), *range(100, 108)])
_MARKS: Final = frozenset([*range(1, 10), 21, 53])
_SEEN_ON_SPACES: Final = frozenset({4, 7, 9, 21, 53})
"""Underline, reverse, strike, double underline, overline: these show where there is no character."""


@dataclass(frozen=True)
class Style:
    """What characters look like from here on.

    Attributes:
        marks: bold (1), italic (3) and so on.
        foreground, background: SGR parameters such as "38;5;251"; "" is the terminal's own.
    """

    marks: frozenset[int] = frozenset()
    foreground: str = ""
    background: str = ""

    @property
    def inks_spaces(self) -> bool:
        """Whether more than the background shows on a space."""
        return bool(self.marks & _SEEN_ON_SPACES)


PLAIN: Final = Style()
UNKNOWN: Final = Style(marks=frozenset({-1}))
"""Unlike every other, so that the next one is said whole."""


@lru_cache(maxsize=4096)
def after(style: Style, parameters: str) -> Style | None:
    """The style after an SGR sequence ("1;38;5;251"); None where it says something that is not known here."""
    words = [int(word or 0) for word in parameters.split(";")]
    while words:
        code = words.pop(0)
        if code in {_FOREGROUND, _BACKGROUND}:
            length = 4 if words[:1] == [_TRUE_COLOUR] else 2
            colour = ";".join(map(str, [code, *words[:length]]))
            del words[:length]
            style = _coloured(style, colour, behind=code == _BACKGROUND)
        elif code == 0:
            style = PLAIN
        elif code in _FOREGROUNDS | {_OWN_FOREGROUND}:
            style = _coloured(style, "" if code == _OWN_FOREGROUND else str(code), behind=False)
        elif code in _BACKGROUNDS | {_OWN_BACKGROUND}:
            style = _coloured(style, "" if code == _OWN_BACKGROUND else str(code), behind=True)
        elif code in _MARKS:
            style = replace(style, marks=style.marks | {code})
        else:
            return None
    return style


@lru_cache(maxsize=4096)
def change(before: Style, wanted: Style) -> str:
    """The shortest SGR sequence from one style to another; "" where they are the same."""
    if wanted == before:
        return ""
    changes = [str(mark) for mark in sorted(wanted.marks - before.marks)]
    if wanted.foreground != before.foreground:
        changes.append(wanted.foreground or str(_OWN_FOREGROUND))
    if wanted.background != before.background:
        changes.append(wanted.background or str(_OWN_BACKGROUND))
    by_change = ";".join(changes)
    whole = [*(str(mark) for mark in sorted(wanted.marks)), wanted.foreground, wanted.background]
    anew = ";".join(["", *(word for word in whole if word)])  # an empty parameter is 0: reset first
    lifted = before.marks - wanted.marks
    return f"\x1b[{anew if lifted or len(anew) < len(by_change) else by_change}m"


def _coloured(style: Style, colour: str, *, behind: bool) -> Style:
    return replace(style, background=colour) if behind else replace(style, foreground=colour)

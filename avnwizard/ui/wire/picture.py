"""What one terminal shows, as far as it is known, and the fewest bytes that make it show the next thing.

Textual paints a whole screen two or three times when a page opens, sets the whole style before each piece of a line,
resets it behind it, and ends each line but the last twice. Here a cell that already looks as it shall is skipped, and
a style is only said when it changes.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from avnwizard.ui.wire.style import PLAIN, UNKNOWN, Style, after, change

_TOKEN: Final = re.compile(
    r"\x1b\[(?P<style>[0-9;]*)m"
    r"|\r?\n?\x1b\[(?P<row>[0-9]+);(?P<column>[0-9]+)H"
    r"|(?P<harmless>\x1b\[\?(?:2026|25)[hl]|\x1b\]22;[a-z-]*\x07)"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_SCRIPTS_THAT_JOIN = 0x2C00
"""From here on Unicode has scripts and emoji that join with their neighbours; box drawing and arrows lie before."""
_SHORT_GAP = 4
"""So many cells are cheaper written again than jumped over."""

Place = tuple[int, int]
"""(row, column), from 1."""


class Picture:
    """One terminal, from the first byte written to it.

    What it is not sure of it forgets: wide and combined characters and all behind them in the row, and everything
    after a control sequence that it does not know.
    """

    def __init__(self) -> None:
        self._cells: dict[Place, tuple[str, Style]] = {}
        self._meant: Place | None = None
        self._at: Place | None = None
        self._style, self._pen = PLAIN, PLAIN
        self._out: list[str] = []

    def forget(self) -> None:
        """The terminal may show anything: it was resized, or something else wrote to it."""
        self._cells.clear()
        self._at = None

    def rewrite(self, data: str) -> str:
        """Fewer bytes for the same picture, cursor and style as after `data`, or `data` if that says an odd style."""
        self._out = []
        for token in _TOKEN.finditer(data):
            kind = token.lastgroup
            if kind == "text":
                self._text(token["text"])
            elif kind == "style":
                style = after(self._style, token["style"])
                if style is None:
                    self.forget()
                    self._meant, self._style, self._pen = None, PLAIN, UNKNOWN
                    return data
                self._style = style
            elif kind == "column":
                self._meant = (int(token["row"]), int(token["column"]))
            elif kind == "harmless":
                self._out.append(token[0])
            else:
                self._raw(token[0])
        if self._meant != self._at:
            self._move()
        self._ink(self._style)
        return "".join(self._out)

    def _raw(self, sequence: str) -> None:
        """Something that may do anything: let it through in its place, and forget what was known."""
        if self._meant != self._at:
            self._move()
        self._ink(self._style)
        self._out.append(sequence)
        self.forget()
        self._meant = None

    def _text(self, text: str) -> None:
        for index, char in enumerate(text):
            if self._meant is None or not _is_simple(char):
                self._strange(text[index:])
                return
            row, column = self._meant
            shown = (char, self._style if char != " " or self._style.inks_spaces else _behind(self._style))
            if self._cells.get(self._meant) != shown:
                self._go()
                self._ink(self._style, space=char == " ")
                self._out.append(char)
                self._cells[self._meant] = shown
                self._at = (row, column + 1)
            self._meant = (row, column + 1)

    def _strange(self, text: str) -> None:
        """Characters whose width the terminal may see otherwise: what stood there and behind it is not known now."""
        if self._meant:
            self._go()
            row, column = self._meant
            for place in [place for place in self._cells if place[0] == row and place[1] >= column]:
                del self._cells[place]
        self._ink(self._style)
        self._out.append(text)
        self._at = self._meant = None

    def _go(self) -> None:
        """Have the cursor where it is meant to be."""
        if self._at == self._meant or self._meant is None:
            return
        gap = self._meant[1] - self._at[1] if self._at and self._at[0] == self._meant[0] else 0
        if self._at and 0 < gap <= _SHORT_GAP:
            between = [self._cells.get((self._at[0], self._at[1] + step)) for step in range(gap)]
            if all(cell and (cell[1] == self._pen or cell == (" ", _behind(self._pen))) for cell in between):
                self._out += [cell[0] for cell in between if cell]
                self._at = self._meant
                return
        self._move()

    def _move(self) -> None:
        if self._meant:
            self._out.append(f"\x1b[{self._meant[0]};{self._meant[1]}H")
        self._at = self._meant

    def _ink(self, style: Style, *, space: bool = False) -> None:
        """Have the pen write in this style; a space needs the background alone."""
        if space and not style.inks_spaces and not self._pen.inks_spaces:
            style = Style(self._pen.marks, self._pen.foreground, style.background)
        self._out.append(change(self._pen, style))
        self._pen = style


@lru_cache(maxsize=1024)
def _behind(style: Style) -> Style:
    return Style(background=style.background)


@lru_cache(maxsize=1024)
def _is_simple(char: str) -> bool:
    """One cell wide in every terminal, whatever stands alongside it."""
    if char.isascii():
        return True
    if ord(char) >= _SCRIPTS_THAT_JOIN or unicodedata.east_asian_width(char) not in {"N", "Na", "H", "A"}:
        return False
    return unicodedata.category(char) in {"Ll", "Lu", "Sm", "So", "Po", "Pd", "Ps", "Pe"}

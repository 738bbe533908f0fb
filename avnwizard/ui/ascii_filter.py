"""The last thing before the terminal where the locale is not UTF-8: every sign as a plain character of its width."""

import unicodedata

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS = {
    "✓": "+", "✗": "x", "▶": ">", "·": ".", "‖": "=", "→": ">", "←": "<", "—": "-", "…": "~", "•": "*",
    "█": "#", "░": "-", "─": "-", "━": "=", "│": "|", "▏": "|", "▎": "|", "▍": "|", "▌": "|", "▕": "|",
    "▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=", "▆": "=", "▇": "#", "␛": "^", "␊": "^",
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"), "▔": "-", "▊": "|", "▉": "|", "▋": "|", "▐": "|", "○": "o", "●": "*",
}  # fmt: skip


class AsciiFilter(LineFilter):
    """Turns what is not ASCII into the nearest sign, else `?`, cell by cell."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Rewrite the text of every segment."""
        return [segment if segment.text.isascii() else _plain(segment) for segment in segments]


def _plain(segment: Segment) -> Segment:
    return Segment("".join(plain_sign(char) for char in segment.text), segment.style, segment.control)


def plain_sign(char: str) -> str:
    """A character as one that every terminal has, as wide as it is."""
    if char.isascii():
        return char
    if char in _SIGNS:
        return _SIGNS[char]
    base = unicodedata.normalize("NFKD", char)[:1]
    width = cell_len(char)
    return base if base.isascii() and width == 1 else "?" * width

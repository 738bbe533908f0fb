"""Fewer bytes, the same picture: judged by a terminal emulator that knows nothing of how they were saved."""

from typing import Any

import pyte
from hypothesis import given
from hypothesis import strategies as st

from avnwizard.ui.wire.picture import Picture
from avnwizard.ui.wire.style import PLAIN, after, change

_WIDTH, _HEIGHT = 24, 6
_SGR = [
    "",
    "0",
    "1",
    "3",
    "4",
    "7",
    "31",
    "92",
    "44",
    "39",
    "49",
    "38;5;107",
    "48;5;235",
    "1;38;2;1;2;3;48;2;9;8;7",
    "1;4;91",
]
_WORDS = ["steps", "  ", "   \x1b[0m", "░░█", "✓ serves", "a", "日本", "é", "é", "→"]

styles = st.sampled_from(_SGR).map(lambda said: f"\x1b[{said}m")
pieces = st.tuples(styles, st.sampled_from(_WORDS)).map(lambda two: f"{two[0]}{two[1]}\x1b[0m")
lines = st.tuples(st.integers(1, _HEIGHT), st.integers(1, 10), st.lists(pieces, max_size=2), st.booleans()).map(
    lambda line: f"\x1b[{line[0]};{line[1]}H{''.join(line[2])}" + "\n" * (line[3] and line[0] < _HEIGHT)
)
others = st.sampled_from(["\x1b[?25l", "\x1b[2J", "\x1b[58;5;1mab\x1b[0m", "\x1b[K", "plain", "\x1b[H"])
paints = st.lists(st.one_of(lines, lines, lines, others), max_size=8).map("".join)


class Seen:
    """An emulated terminal."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(_WIDTH, _HEIGHT)
        self._stream = pyte.Stream(self.screen)

    def show(self, data: str) -> Any:
        """Everything that can be seen, and where the cursor is."""
        self._stream.feed(data)
        cells = [[_look(self.screen.buffer[row][column]) for column in range(_WIDTH)] for row in range(_HEIGHT)]
        return cells, self.screen.cursor.y, self.screen.cursor.x


def _look(cell: Any) -> Any:
    lines = (cell.underscore, cell.reverse, cell.strikethrough)
    if cell.data == " " and not any(lines):
        return " ", cell.bg
    return cell.data, cell.fg, cell.bg, cell.bold, cell.italics, lines


@given(st.lists(st.one_of(paints, paints, st.none()), max_size=6))
def test_the_same_picture(sequence: list[str | None]) -> None:
    """After every paint, whatever came before; None is a terminal that something else wrote to."""
    plain, thrifty, picture = Seen(), Seen(), Picture()
    for paint in sequence:
        if paint is None:
            picture.forget()
            wall = "\x1b7\x1b[0m\x1b[3;3Hwall\x1b8"
            assert plain.show(wall) == thrifty.show(wall)
        else:
            assert thrifty.show(picture.rewrite(paint)) == plain.show(paint)


def test_what_is_there_already_costs_nothing() -> None:
    """A page painted twice is sent once; a changed word is sent alone."""
    picture = Picture()
    page = "".join(
        f"\x1b[{row};1H\x1b[1;38;5;107;48;5;233mrow {row}\x1b[0m\x1b[48;5;233m    \x1b[0m\n" for row in (1, 2, 3)
    )
    first = picture.rewrite(page + "\x1b[1;1H")
    assert "\n" not in first
    assert picture.rewrite(page + "\x1b[1;1H") == ""
    assert (
        picture.rewrite(page.replace("row 2", "raw 2") + "\x1b[1;1H")
        == "\x1b[2;2H\x1b[1;38;5;107;48;5;233ma\x1b[1;1H\x1b[m"
    )


def test_what_is_forgotten_is_sent_again() -> None:
    """A resize, another program's words, a clearing: all of the page comes."""
    picture, page = Picture(), "\x1b[1;1Hhere\x1b[1;1H"
    first = picture.rewrite(page)
    picture.forget()
    assert picture.rewrite(page) == first
    assert "here" in picture.rewrite("\x1b[2J" + page)


@given(st.lists(st.sampled_from(_SGR), max_size=5), st.lists(st.sampled_from(_SGR), max_size=5))
def test_from_style_to_style(before: list[str], wanted: list[str]) -> None:
    """The change leads from one style exactly to the other."""
    first = second = PLAIN
    for said in before:
        first = after(first, said) or PLAIN
    for said in wanted:
        second = after(second, said) or PLAIN
    sequence = change(first, second)
    assert (after(first, sequence[2:-1]) if sequence else first) == second

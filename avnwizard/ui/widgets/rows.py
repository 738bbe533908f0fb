"""A list of one-line rows in columns, which the operator moves through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

_GAP = "  "


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        heading: it cannot be chosen, and spans all columns.
        disabled: it cannot be chosen now; its cells say why.
    """

    id: str
    cells: tuple[Content, ...]
    heading: bool = False
    disabled: bool = False


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        width: in cells; 0 shares what is left, by `share`.
        least: below this width of the whole list the column is left out.
    """

    width: int = 0
    share: int = 1
    least: int = 0


class Rows(OptionList, inherit_bindings=False):
    """An `OptionList` that lays cells out by its width, and keeps the highlighted row when its rows change.

    Enter is left to the page: a list that holds it does nothing with it while it has no row.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        binding for binding in OptionList.BINDINGS if "enter" not in getattr(binding, "key", "")
    ]

    DEFAULT_CSS = """
    Rows {
        background: transparent; height: 1fr; text-wrap: nowrap; text-overflow: ellipsis; scrollbar-gutter: stable;
    }
    Rows:focus { background-tint: transparent; }
    """

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False, compact=True)
        self._columns = tuple(columns)
        self._every: tuple[Row, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._sought = ""
        self._laid_out = 0

    @property
    def chosen(self) -> str:
        """The highlighted row's id, "" for none."""
        found = self.highlighted_option
        return found.id or "" if found else ""

    @property
    def found(self) -> tuple[int, int]:
        """How many rows that can be chosen are shown, and how many there are."""
        return sum(map(_can_be_chosen, self._rows)), sum(map(_can_be_chosen, self._every))

    @property
    def is_narrowed(self) -> bool:
        """Whether some rows may be hidden."""
        return bool(self._sought)

    def narrow(self, sought: str) -> None:
        """Show only the rows in which a text stands, whatever the case; "" shows all again."""
        self._sought = sought.casefold()
        self._put(self.chosen)

    def show(self, rows: Sequence[Row], *, at: str = "") -> None:
        """Put rows in place of those that are there; what they were narrowed to stays, unless it hides `at`.

        Args:
            at: the row to highlight; default: the one that is, else the first.
        """
        self._every = tuple(rows)
        if at and not any(one.id == at and self._holds(one) for one in rows):
            self._sought = ""
        self._put(at or self.chosen)

    def _holds(self, row: Row) -> bool:
        """Whether a row is among those that are sought; headings are not."""
        if not self._sought:
            return True
        return not row.heading and self._sought in " ".join(cell.plain for cell in row.cells).casefold()

    def _put(self, wanted: str) -> None:
        rows = [row for row in self._every if self._holds(row)]
        same = [(row.id, row.disabled) for row in rows] == [(row.id, row.disabled) for row in self._rows]
        self._rows, self._laid_out = tuple(rows), self._width()
        if same:
            for index, row in enumerate(rows):
                self.replace_option_prompt_at_index(index, self._line(row))
        else:
            self.set_options([Option(self._line(row), id=row.id, disabled=not _can_be_chosen(row)) for row in rows])
        self.go_to(wanted)

    def go_to(self, row: str) -> None:
        """Highlight a row; the first that can be chosen where there is none such."""
        able = [index for index, one in enumerate(self._rows) if _can_be_chosen(one)]
        found = [index for index in able if self._rows[index].id == row]
        if able:
            self.highlighted = (found or able)[0]

    def action_cursor_down(self) -> None:
        """To the next row; the last one is the end, and not followed by the first."""
        if self._is_beyond(1):
            super().action_cursor_down()

    def action_cursor_up(self) -> None:
        """To the row before."""
        if self._is_beyond(-1):
            super().action_cursor_up()

    def _is_beyond(self, way: int) -> bool:
        able = [index for index, one in enumerate(self._rows) if _can_be_chosen(one)]
        at = self.highlighted
        return at is None or any((index - at) * way > 0 for index in able)

    def on_resize(self) -> None:
        """Lay the columns out again, and once more when the scrollbar has its place."""
        self._lay_out()
        self.call_after_refresh(self._lay_out)

    def on_show(self) -> None:
        """Lay the columns out again: a hidden list has no width."""
        self._lay_out()

    def _lay_out(self) -> None:
        if self._width() != self._laid_out:
            self._laid_out = self._width()
            for index, row in enumerate(self._rows):
                self.replace_option_prompt_at_index(index, self._line(row))

    def _width(self) -> int:
        return self.scrollable_content_region.width or self.size.width or 80

    def _line(self, row: Row) -> Content:
        width = self._width()
        if row.heading:
            return row.cells[0].truncate(width, ellipsis=True)
        return laid_out(self._columns, row.cells, width)


def _can_be_chosen(row: Row) -> bool:
    return not (row.heading or row.disabled)


def laid_out(columns: Sequence[Column], cells: Sequence[Content], width: int) -> Content:
    """Cells side by side, each cut or padded to its column."""
    used = [(column, cell) for column, cell in zip(columns, cells, strict=False) if column.least <= width]
    fixed = sum(column.width for column, _ in used) + len(_GAP) * (len(used) - 1)
    shares = sum(column.share for column, _ in used if not column.width) or 1
    left = max(width - fixed, 0)
    return Content(_GAP).join(
        cell.truncate(column.width or left * column.share // shares, ellipsis=True, pad=True) for column, cell in used
    )

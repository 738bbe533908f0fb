"""The names of a list's columns, above it; they stay where they are when the list scrolls."""

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from avnwizard.ui.widgets.rows import Column, laid_out


class Heads(Widget):
    """One dim line over a `Rows` with the same columns."""

    DEFAULT_CSS = """
    Heads { height: 1; padding: 0 2 0 1; }
    """

    def __init__(self, columns: Sequence[Column], names: Sequence[str]) -> None:
        super().__init__()
        self._columns, self._names = tuple(columns), tuple(names)

    def render(self) -> Content:
        """The names, each over its column."""
        cells = [Content.assemble((name, "dim")) for name in self._names]
        return laid_out(self._columns, cells, self.content_size.width)

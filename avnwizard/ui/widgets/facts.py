"""A block of facts: what on the left, the fact on the right, wrapped under itself."""

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

Fact = tuple[str, Content]


class Facts(Static):
    """Label and text, one below the other."""

    def __init__(self, *, id: str | None = None, label_width: int = 12) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self._label_width = label_width
        self._facts: tuple[Fact, ...] = ()

    def show(self, facts: Sequence[Fact]) -> None:
        """Put facts in place of those that are there."""
        self._facts = tuple(facts)
        self.refresh(layout=True)

    def render(self) -> Content:
        """Every fact, its further lines under its first."""
        return self._laid_out(self.content_size.width or 78)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many lines as the facts wrap to."""
        return max(self._laid_out(width).plain.count("\n") + 1, 1) if self._facts else 0

    def _laid_out(self, width: int) -> Content:
        room = max(width - self._label_width, 10)
        lines: list[Content] = []
        for label, fact in self._facts:
            for number, line in enumerate(fact.wrap(room) or [Content("")]):
                left = f"{label if not number else '':<{self._label_width}}"
                lines.append(Content.assemble((left, "dim"), line))
        return Content("\n").join(lines)


def said(widget: Widget) -> str:
    """The plain text of a block, for tests."""
    found = widget.render()
    return found.plain if isinstance(found, Content) else str(found)

"""Lines whose further words stand under their first: facts with what they are on the left, and any others."""

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

Fact = tuple[str, Content]


class Hanging(Static):
    """Lines that begin with something short; what does not fit stands below, as far indented."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self._lines: tuple[tuple[Content, Content], ...] = ()

    def put(self, lines: Sequence[tuple[Content, Content]]) -> None:
        """Put lines, each its beginning and its text, in place of those that are there."""
        self._lines = tuple(lines)
        self.refresh(layout=True)

    def render(self) -> Content:
        """Every line, what is left of it under its first words."""
        return self._laid_out(self.content_size.width or 78)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many lines as they wrap to."""
        return max(self._laid_out(width).plain.count("\n") + 1, 1) if self._lines else 0

    def _laid_out(self, width: int) -> Content:
        found: list[Content] = []
        for lead, text in self._lines:
            wrapped = text.wrap(max(width - lead.cell_length, 10)) or [Content("")]
            below = " " * lead.cell_length
            found += [Content.assemble(below if number else lead, one) for number, one in enumerate(wrapped)]
        return Content("\n").join(found)


class Facts(Hanging):
    """Label and text, one below the other."""

    def __init__(self, *, id: str | None = None, label_width: int = 12) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._label_width = label_width

    def show(self, facts: Sequence[Fact]) -> None:
        """Put facts in place of those that are there."""
        self.put([(Content.assemble((f"{label:<{self._label_width}}", "dim")), fact) for label, fact in facts])


def said(widget: Widget) -> str:
    """The plain text of a block, for tests."""
    found = widget.render()
    return found.plain if isinstance(found, Content) else str(found)

"""Lines that change often: only those that changed are drawn, which keeps a run quiet on the wire."""

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual


class Lines(ScrollView, can_focus=True):
    """A column of single lines, scrolled by the arrow keys when it has the focus."""

    DEFAULT_CSS = """
    Lines { background: transparent; overflow-x: hidden; scrollbar-gutter: stable; }
    """

    class Refitted(Message):
        """The lines changed size, also behind a question: whatever depends on the size must be shown again."""

    def __init__(self, *, id: str | None = None, can_focus: bool = True) -> None:  # noqa: A002
        super().__init__(id=id)
        self.can_focus = can_focus
        self._shown: tuple[Content, ...] = ()
        self._in_sight: int | None = None

    @property
    def text(self) -> str:
        """What is shown, as plain lines."""
        return "\n".join(line.plain for line in self._shown)

    def show(self, lines: Sequence[Content]) -> None:
        """Put lines in place of those that are there."""
        before, self._shown = self._shown, tuple(lines)
        if len(before) != len(self._shown):
            self.virtual_size = Size(self.size.width, len(self._shown))
            self.refresh()
            return
        for index, (old, new) in enumerate(zip(before, self._shown, strict=True)):
            if not old.is_same(new):
                self.refresh_line(index)

    def keep_in_sight(self, index: int) -> None:
        """Scroll when a line is not in sight with one after it: by half a page, since each scroll draws it all."""
        self._in_sight = index
        height, top = self.size.height, self.scroll_offset.y
        if not height:
            return
        if index < top or height == 1:
            self.scroll_to(y=index, animate=False, immediate=True)
        elif index + 1 >= top + height:
            self.scroll_to(y=index - height // 2, animate=False, immediate=True)

    def on_resize(self) -> None:
        """What was to be kept in sight still is, in another height."""
        if self._in_sight is not None:
            self.call_after_refresh(self.keep_in_sight, self._in_sight)
        self.post_message(self.Refitted())

    def render_line(self, y: int) -> Strip:
        """One line, cut at the width."""
        index, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if not 0 <= index < len(self._shown):
            return Strip.blank(width, self.visual_style.rich_style)
        line = self._shown[index].truncate(width, ellipsis=True, pad=True)
        strips = Visual.to_strips(self, line, width, 1, self.visual_style)
        return strips[0] if strips else Strip.blank(width, self.visual_style.rich_style)

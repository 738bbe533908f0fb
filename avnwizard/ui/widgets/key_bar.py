"""The last row of every screen: the keys that work now. Drawn as one line, so that it costs one line on the wire."""

from collections.abc import Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

Keys = Sequence[tuple[str, str]]
_MORE = "More"


class KeyBar(Widget):
    """Keys and what they do, the most important first; what does not fit is behind the last (help), which says so."""

    DEFAULT_CSS = """
    KeyBar { height: 1; background: $panel; color: $foreground; padding: 0 1; }
    """
    keys: reactive[Keys] = reactive(())

    def render(self) -> Content:
        """One line."""
        if not self.keys:
            return Content("")
        *rest, last = (Content.assemble((key, "bold $accent"), f" {words}") for key, words in self.keys)
        room = self.content_size.width - max(last.cell_length, len(_MORE) + 2)
        shown: list[Content] = []
        for one in rest:
            if one.cell_length + 2 > room:
                break
            room -= one.cell_length + 2
            shown.append(one)
        if len(shown) < len(rest):
            last = Content.assemble((self.keys[-1][0], "bold $accent"), f" {_MORE}")
        return Content("  ").join([*shown, last])

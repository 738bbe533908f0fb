"""The first row of every screen: which stack, and how far along the way."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from avnwizard.domain.plain import printable
from avnwizard.ui.journey import STAGES, Stage

_APART = 2


class TitleBar(Widget):
    """The heading on the left; on the right the stages of an upgrade, the present one marked.

    Args:
        stage: which stage is marked; None where a screen belongs to none.
    """

    DEFAULT_CSS = """
    TitleBar { height: 1; background: $panel; color: $foreground; padding: 0 1; }
    """
    heading = reactive("")
    stage: reactive[Stage | None] = reactive(None)

    def __init__(self, heading: str, stage: Stage | None = None) -> None:
        super().__init__()
        self.set_reactive(TitleBar.heading, heading)
        self.set_reactive(TitleBar.stage, stage)

    def render(self) -> Content:
        """As much of the trail as fits alongside the heading."""
        width = self.content_size.width
        left = Content.assemble((printable(self.heading, limit=60), "bold"))
        right = self._trail(width - left.cell_length - _APART)
        gap = max(width - left.cell_length - right.cell_length, 1)
        return Content.assemble(left.truncate(width, ellipsis=True), " " * gap, right)

    def _trail(self, room: int) -> Content:
        if self.stage is None:
            return Content("")
        at = STAGES.index(self.stage)
        parts: list[Content | tuple[str, str]] = []
        for number, name in enumerate(STAGES):
            if number:
                parts.append((" > ", "dim"))
            here, past = number == at, number < at
            parts.append((name, "bold $accent" if here else "" if past else "dim"))
        whole = Content.assemble(*parts)
        if whole.cell_length <= room:
            return whole
        short = Content(f"{at + 1} of {len(STAGES)}: {self.stage}")
        return short if short.cell_length <= room else Content(f"{at + 1} of {len(STAGES)}")

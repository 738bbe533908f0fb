"""All that a run said, as far as it is kept, step by step."""

from textual.app import ComposeResult
from textual.content import Content

from avnwizard.domain.plain import printable
from avnwizard.ui.run_view import RunView
from avnwizard.ui.screens.page import Page
from avnwizard.ui.widgets.lines import Lines


class LogPage(Page):
    """A text to look at, from its end."""

    CSS_PATH = "log.tcss"
    AUTO_FOCUS = "Lines"
    EXPLAINED = (
        "What the steps said, the newest at the end; the lines with a bar are a container's own. Arrows and "
        "PageUp scroll. The run goes on meanwhile."
    )

    def __init__(self, view: RunView) -> None:
        super().__init__()
        self._view = view

    def heading(self) -> str:
        """Whose words."""
        return f"Log of {printable(self._view.record.title, limit=60)}"

    def body(self) -> ComposeResult:
        """The lines."""
        yield Lines(id="all")

    def on_mount(self) -> None:
        """Fill in the lines; the last ones are in sight."""
        super().on_mount()
        lines, step = [], ""
        for one in self._view.log:
            if one.step != step:
                step = one.step
                title = next((known.title for known in self._view.steps if known.name == step), step)
                lines.append(Content.assemble((printable(title, limit=100), "bold")))
            lines.append(Content(f"  {printable(one.text, limit=1000)}"))
        all_of_it = self.query_one(Lines)
        all_of_it.show(lines or [Content("Nothing was said so far.")])
        self.call_after_refresh(all_of_it.scroll_end, animate=False)

    def action_go_on(self) -> None:
        """Enter closes it, as Escape does."""
        self.action_back()

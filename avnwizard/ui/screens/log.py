"""All that a run said: wrapped, with times; searched, narrowed to one step, and followed while the run is live."""

import shlex
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.ui.log_lines import Log, log_of, speakers, title_of
from avnwizard.ui.run_view import RunView
from avnwizard.ui.screens.page import Sight
from avnwizard.ui.widgets.lines import Lines

_LOOK_S = 0.5


class LogPage(Sight):
    """A text to look at, from its end.

    Args:
        look: the run's view as it is now.
    """

    CSS_PATH = "log.tcss"
    AUTO_FOCUS = "Lines"
    EXPLAINED = (
        "What the steps said, the newest at the end; the lines with a bar are a container's own. Arrows, PageUp and "
        "PageDown scroll; Home goes to the beginning. At the end the page follows what is said next.\n\n"
        "/ searches, n goes to the next place found. s shows the words of every step, and again those of one step "
        "alone: the one that was last found or shown. Left and Right go to the step before and after it. The command "
        "below shows the container's whole log. The run goes on meanwhile."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/", id="find"),
        Binding("n", "next_found", "Next", id="next"),
        Binding("s", "narrow", "One step", id="one-step"),
        Binding("right", "other(1)", "Other step", key_display="←→"),
        Binding("left", "other(-1)", show=False),
        Binding("G", "newest", "Newest", key_display="End", id="newest"),
        Binding("end", "newest", show=False, priority=True),
        Binding("g", "oldest", "Oldest", show=False, id="oldest"),
    ]

    def __init__(self, look: Callable[[], RunView]) -> None:
        super().__init__()
        self._look, self._view = look, look()
        self._log = Log(())
        self._only: str | None = None
        self._last: str | None = None
        self._sought = self._answer = ""
        self._at = -1

    def heading(self) -> str:
        """Whose words."""
        return f"Log of {printable(self._view.record.title, limit=60)}"

    def body(self) -> ComposeResult:
        """Which step's, the lines, the search."""
        yield Static(id="whose", classes="pane", markup=False)
        yield Lines(id="all")
        yield Input(id="search", placeholder="search the log", compact=True)

    def on_mount(self) -> None:
        """Fill in the lines; the last ones are in sight."""
        super().on_mount()
        self.query_one("#search", Input).display = False
        self._only = self._stopped_at()
        self._show()
        self.call_after_refresh(self.action_newest)
        self.set_interval(_LOOK_S, self._follow)

    def on_resize(self, _event: events.Resize) -> None:
        """Another width wraps otherwise."""
        self.call_after_refresh(self._show)

    def _stopped_at(self) -> str | None:
        """The step that stopped the run, where it said something: its words are why one looks."""
        at = self._view.at
        return at.name if at and self._view.stopped and at.name in speakers(self._view) else None

    def _follow(self) -> None:
        view = self._look()
        if view.log == self._view.log and view.steps == self._view.steps:
            return
        self._view = view
        lines = self.query_one(Lines)
        following = lines.scroll_offset.y >= lines.max_scroll_y
        self._show()
        if following:
            self.call_after_refresh(self.action_newest)

    def _show(self) -> None:
        lines = self.query_one(Lines)
        width = lines.scrollable_content_region.width or self.size.width - 2
        self._log = log_of(self._view, width, only=self._only, sought=self._sought)
        lines.show(self._log.lines or [Content("Nothing was said so far.")])
        whose = "every step" if self._only is None else title_of(self._view, self._only)
        self.query_one("#whose", Static).update(Content.assemble(("Shown: ", "dim"), whose))
        self.tell(self._answer or self._command())
        self.show_keys()

    def _command(self) -> str:
        """The command that shows the whole log of the container."""
        step = next((one for one in self._view.steps if one.name == self._only), None) or self._view.at
        if step is None or not step.service:
            return ""
        return f"$ {printable(shlex.join(self.host.platform.by_hand('show the log of', step.service)), limit=300)}"

    def words_for(self, binding: Binding) -> str:
        """What `s` shows next."""
        if binding.action == "narrow":
            return "One step" if self._only is None else "All steps"
        return super().words_for(binding)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`n` after a search that found something."""
        return bool(self._log.found) if action == "next_found" else True

    def action_narrow(self) -> None:
        """Show the words of every step, at the place where one step's were shown; or of the step in sight alone."""
        lines, step = self.query_one(Lines), self._only
        if step is None:
            self._only_of(self._in_sight())
            return
        self._only, self._at, self._last, self._answer = None, -1, step, ""
        self._show()
        self.call_after_refresh(
            lambda: lines.scroll_to(y=self._log.last_of(step) + 1 - lines.size.height, animate=False)
        )

    def _in_sight(self) -> str | None:
        """The step whose words are looked at: found last, else shown alone before, else the last one on the page."""
        if not self._log.steps:
            return None
        if 0 <= self._at < len(self._log.found):
            return self._log.steps[self._log.found[self._at]]
        lines = self.query_one(Lines)
        top = int(lines.scroll_offset.y)
        page = self._log.steps[top : top + max(lines.size.height, 1)] or self._log.steps[-1:]
        return self._last if self._last in page else page[-1]

    def action_other(self, by: int) -> None:
        """Show another step's words alone, in the order in which the steps spoke first."""
        spoke = speakers(self._view)
        if spoke:
            now = self._only or self._in_sight()
            self._only_of(spoke[(spoke.index(now) + by) % len(spoke)] if now in spoke else spoke[0])

    def _only_of(self, step: str | None) -> None:
        self._only, self._at, self._answer = step, -1, ""
        self._show()
        self.call_after_refresh(self.action_newest)

    def action_newest(self) -> None:
        """To the end, and follow."""
        self.query_one(Lines).scroll_end(animate=False)

    def action_oldest(self) -> None:
        """To the beginning."""
        self.query_one(Lines).scroll_home(animate=False)

    def action_search(self) -> None:
        """Open the search line."""
        line = self.query_one("#search", Input)
        line.display = True
        line.focus()

    def action_back(self) -> None:
        """Close the search line, else the page."""
        if self.query_one("#search", Input).display:
            self._close_search()
            return
        super().action_back()

    def _close_search(self) -> None:
        self.query_one("#search", Input).display = False
        self.query_one(Lines).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Look for it, from the beginning."""
        event.stop()
        self._sought, self._at, self._answer = event.value.strip(), -1, ""
        self._close_search()
        self._show()
        if self._sought and not self._log.found:
            elsewhere = f" {self.key_of('one-step')} shows every step." if self._only is not None else ""
            self._answer = f"Nothing here says {self._sought!r}.{elsewhere}"
            self.tell(self._answer)
        elif self._sought:
            self.action_next_found()

    def action_next_found(self) -> None:
        """Go to the next place found, after the last to the first."""
        found = self._log.found
        if found:
            self._at = (self._at + 1) % len(found)
            self.query_one(Lines).scroll_to(y=max(found[self._at] - 2, 0), animate=False)
            self._answer = (
                f"{self._at + 1} of {words.count(len(found), 'line')} with {self._sought!r}; "
                f"{self.key_of('next')} goes to the next."
            )
            self.tell(self._answer)

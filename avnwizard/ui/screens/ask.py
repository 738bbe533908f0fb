"""A question with yes and no, for what can be taken back; and with a third answer where there are two ways on."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from avnwizard.domain.plain import printable


class Ask(ModalScreen[bool]):
    """Enter is yes (True), Escape is no (False); where there is another way on, that is False and Escape None.

    Args:
        yes: what Enter does, such as "stop the run".
        no: what Escape does.
        other: the key of another way on, and what it does.
    """

    CSS_PATH = "ask.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", "Yes", show=False),
        Binding("escape", "decline", "No", show=False),
    ]

    def __init__(self, question: str, *, yes: str, no: str = "stay", other: tuple[str, str] | None = None) -> None:
        super().__init__()
        self._question, self._yes, self._no, self._other = question, yes, no, other

    def compose(self) -> ComposeResult:
        """The question and the two keys."""
        with Vertical(id="card"):
            yield Static(Content(printable(self._question, limit=600)), markup=False)
            keys = [("Enter", self._yes), *([self._other] if self._other else []), ("Esc", self._no)]
            each = [Content.assemble((key, "bold $accent"), f" {words}") for key, words in keys]
            yield Static(Content.assemble("\n", Content("  ").join(each)), markup=False)

    def on_key(self, event: events.Key) -> None:
        """The key of the other way on."""
        if self._other and event.key == self._other[0]:
            event.stop()
            self.dismiss(False)

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)

    def action_decline(self) -> None:
        """Close without going on."""
        self.dismiss(None if self._other else False)

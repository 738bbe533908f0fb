"""Typing a name: how the operator says yes to what destroys or interrupts."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from avnwizard.domain.plain import printable
from avnwizard.ui.marks import NOTE


class ConfirmName(ModalScreen[bool]):
    """Asks for a name; True when it was typed.

    Args:
        what: what will happen, one or two sentences.
        name: what must be typed, such as the target tag.
        deed: the verb, such as "start".
    """

    CSS_PATH = "confirm_name.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "decline", "Back", show=False)]

    def __init__(self, what: str, name: str, deed: str) -> None:
        super().__init__()
        self._what, self._word, self._deed = what, name, deed

    def compose(self) -> ComposeResult:
        """The sentence, the line to type on, and the keys."""
        with Vertical(id="card"):
            yield Static(Content(printable(self._what, limit=600)), markup=False)
            yield Static(
                Content.assemble("\nType ", (printable(self._word), "bold $accent"), f" to {self._deed}:"),
                markup=False,
            )
            yield Input(compact=True)
            yield Static(id="wrong", markup=False)
            yield Static(
                Content.assemble(("Enter", "bold $accent"), f" {self._deed}  ", ("Esc", "bold $accent"), " back"),
                markup=False,
            )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Compare."""
        typed = event.value.strip()
        if typed in {self._word, printable(self._word)}:
            self.dismiss(True)
            return
        told = "Nothing was typed." if not typed else f"That is not {printable(self._word)}."
        self.query_one("#wrong", Static).update(Content.assemble((f"{NOTE.sign} {told}", NOTE.style)))

    def action_decline(self) -> None:
        """Nothing happens."""
        self.dismiss(False)

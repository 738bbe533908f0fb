"""What `?` shows: the screen below in plain words, and its keys."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class Explain(ModalScreen[None]):
    """A text over the screen; any of the usual keys closes it."""

    CSS_PATH = "explain.tcss"
    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,question_mark", "dismiss", "Close", show=False),
    ]

    def __init__(self, text: str, keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self._text, self._keys = text, keys

    def compose(self) -> ComposeResult:
        """The words, then the keys."""
        words = Content(" ".join(self._text.split("\n")) if "\n\n" not in self._text else self._text)
        keys = [Content.assemble((f"{key:<8}", "bold $accent"), what) for key, what in self._keys]
        moves = Content.assemble((f"{'Tab':<8}", "bold $accent"), "to the next part of the screen")
        with Vertical(id="card"):
            with VerticalScroll():
                yield Static(words, markup=False)
                yield Static(Content("\n").join([Content(""), *keys, moves]), markup=False)
            yield Static(Content.assemble(("Esc", "bold $accent"), " close"), id="close", markup=False)

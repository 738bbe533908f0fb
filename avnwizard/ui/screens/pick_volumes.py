"""Which volumes the snapshot holds beside the databases."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import SelectionList, Static
from textual.widgets.selection_list import Selection

from avnwizard.domain.plain import printable


class PickVolumes(ModalScreen[tuple[str, ...] | None]):
    """Space chooses, Enter takes the choice, Escape leaves it as it was.

    Args:
        offered: the volumes that there are.
        chosen: those that are chosen so far.
    """

    CSS_PATH = "pick_volumes.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Take", show=False, priority=True),
        Binding("escape", "leave", "Leave", show=False),
    ]

    def __init__(self, offered: tuple[str, ...], chosen: tuple[str, ...]) -> None:
        super().__init__()
        self._offered, self._chosen = offered, chosen

    def compose(self) -> ComposeResult:
        """The list and the keys."""
        with Vertical(id="card"):
            yield Static("Volumes that are archived into the snapshot, too:", markup=False)
            yield SelectionList(
                *(
                    Selection(Content(printable(name, limit=50)), name, name in self._chosen, id=f"volume-{number}")
                    for number, name in enumerate(self._offered)
                ),
                compact=True,
            )
            yield Static(
                Content.assemble(
                    ("Space", "bold $accent"), " choose  ", ("Enter", "bold $accent"), " take  ",
                    ("Esc", "bold $accent"), " leave as it was",
                ),
                markup=False,
            )  # fmt: skip

    def action_take(self) -> None:
        """Close with the choice."""
        picked = self.query_one(SelectionList).selected
        self.dismiss(tuple(name for name in self._offered if name in picked))

    def action_leave(self) -> None:
        """Close without one."""
        self.dismiss(None)

"""Which volumes the snapshot holds besides the databases: `[x]` or `[ ]`, so that it is seen without colour."""

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.ui.screens.find import Find
from avnwizard.ui.widgets.rows import Column, Row, Rows

_MEASURING, _UNKNOWN = "measuring", "size unknown"


class PickVolumes(ModalScreen[tuple[str, ...] | None]):
    """Space chooses or takes back, `/` narrows the list, Enter takes the choice, Escape leaves it as it was.

    Args:
        offered: the volumes that there are.
        chosen: those that are chosen so far.
        sizes: bytes by volume, as far as they are known.
    """

    CSS_PATH = "pick_volumes.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "choose", "Choose", show=False),
        Binding("slash", "find", "Find", show=False),
        Binding("enter", "take", "Take", show=False),
        Binding("escape", "leave", "Leave", show=False),
    ]

    def __init__(self, offered: tuple[str, ...], chosen: tuple[str, ...], sizes: Mapping[str, int]) -> None:
        super().__init__()
        self._offered, self._chosen, self._sizes = offered, set(chosen), dict(sizes)
        self._told = _MEASURING

    def compose(self) -> ComposeResult:
        """The list and the keys."""
        with Vertical(id="card"):
            yield Static("Volumes that the snapshot archives, too:", markup=False)
            yield Rows([Column(width=3), Column(), Column(width=12)])
            yield Static(
                Content.assemble(
                    ("Space", "bold $accent"), " choose  ", ("/", "bold $accent"), " find  ",
                    ("Enter", "bold $accent"), " take  ", ("Esc", "bold $accent"), " leave as it was",
                ),
                markup=False,
            )  # fmt: skip

    def on_mount(self) -> None:
        """Fill in the list."""
        self._show()

    def show_sizes(self, sizes: Mapping[str, int]) -> None:
        """Show what was measured; a volume that is not among them cannot be measured from here."""
        self._sizes, self._told = dict(sizes), _UNKNOWN
        if self.is_mounted:
            self._show()

    def _show(self) -> None:
        rows = []
        for name in self._offered:
            box = "[x]" if name in self._chosen else "[ ]"
            size = words.size(self._sizes[name]) if name in self._sizes else self._told
            cells = (Content(box), Content(printable(name, limit=50)), Content(f"{size:>12}"))
            rows.append(Row(name, cells))
        self.query_one(Rows).show(rows)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click does what Space does."""
        event.stop()
        self.action_choose()

    def action_choose(self) -> None:
        """Choose the highlighted volume, or take it back."""
        if name := self.query_one(Rows).chosen:
            self._chosen ^= {name}
            self._show()

    def action_find(self) -> None:
        """Narrow the list while a text is typed."""
        self.app.push_screen(Find(self.query_one(Rows).narrow))

    def action_take(self) -> None:
        """Close with the choice."""
        self.dismiss(tuple(name for name in self._offered if name in self._chosen))

    def action_leave(self) -> None:
        """Show all volumes again where the list is narrowed, else close without a choice."""
        rows = self.query_one(Rows)
        if rows.is_narrowed:
            rows.narrow("")
            return
        self.dismiss(None)

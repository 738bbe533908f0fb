"""What a rollback does with the data of one service: a list of the ways, each with what it means."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from avnwizard.domain.data_way import DATA_WAYS, MEANING, DataWay
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import ServicePlan
from avnwizard.ui.widgets.rows import Column, Row, Rows


class PickDataWay(ModalScreen[DataWay | None]):
    """Enter takes the chosen way, Escape leaves it as it was.

    Args:
        part: the service, with what was decided so far.
    """

    CSS_PATH = "pick_data_way.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Take", show=False),
        Binding("escape", "leave", "Leave", show=False),
    ]

    def __init__(self, part: ServicePlan) -> None:
        super().__init__()
        self._part = part

    def compose(self) -> ComposeResult:
        """The question, the ways and the keys."""
        name = printable(self._part.service, limit=40)
        told = f"What shall a rollback do with the data of {name}? avnwizard.toml keeps your answer."
        with Vertical(id="card"):
            yield Static(Content(told), markup=False)
            yield Rows([Column(width=3), Column(width=6), Column()])
            yield Static(
                Content.assemble(("Enter", "bold $accent"), " take  ", ("Esc", "bold $accent"), " leave as it was"),
                markup=False,
            )

    def on_mount(self) -> None:
        """Fill in the list."""
        rows = []
        for way in DATA_WAYS:
            box = "(x)" if way == self._part.data else "( )"
            rows.append(Row(way, (Content(box), Content(way), Content(MEANING[way]))))
        self.query_one(Rows).show(rows)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click does what Enter does."""
        event.stop()
        self.action_take()

    def action_take(self) -> None:
        """Close with the highlighted way."""
        chosen = self.query_one(Rows).chosen
        self.dismiss(next(way for way in DATA_WAYS if way == chosen))

    def action_leave(self) -> None:
        """Close without one."""
        self.dismiss(None)

"""The stacks of a fleet side by side: who serves what, with which share and how many connections."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain.balancer.server import Served
from avnwizard.domain.plain import printable
from avnwizard.flows.fleet.standing import Standing, standing
from avnwizard.ui.desk import LATER
from avnwizard.ui.fleet_table import side_by_side
from avnwizard.ui.screens.page import Page

_LOOK_S = 2.0


class FleetPage(Page):
    """A table to look at, which follows the balancer."""

    CSS_PATH = "fleet.tcss"
    EXPLAINED = (
        "The stacks behind the load balancer, a column each. Requests, share and connections are what the balancer "
        "says now; they are asked for every 2 s.\n\n"
        "Nothing on this screen changes anything. A release goes through all stacks with: avnwizard fleet upgrade "
        "--to TAG. All requests go to one stack, in seconds, with: avnwizard fleet flip --to STACK. avnwizard help "
        "fleet says what happens in each step."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("r", "look_again", "Look again", id="look-again")]

    def __init__(self) -> None:
        super().__init__()
        self._found: Standing | None = None

    def heading(self) -> str:
        """What is shown."""
        return "Fleet"

    def body(self) -> ComposeResult:
        """The table, and what is known of all stacks."""
        with VerticalScroll():
            yield Static(id="stacks", markup=False)
            yield Static(id="notes", markup=False)

    def on_mount(self) -> None:
        """Look, then follow the balancer."""
        super().on_mount()
        self.action_look_again()
        self.set_interval(_LOOK_S, self._follow)

    def action_look_again(self) -> None:
        """Look at every stack."""
        self.tell("Looking at the stacks ...")
        self.ask_host(lambda: standing(self.host), self._seen)

    def _seen(self, found: Standing) -> None:
        self.tell("")
        self._found = found
        self._draw()

    def _follow(self) -> None:
        if self.is_current and self._found:
            self.ask_host(lambda: self.host.balancer().look(), self._heard, urgency=LATER)

    def _heard(self, served: tuple[Served, ...]) -> None:
        if self._found and tuple(one.served for one in self._found.columns) != served:
            self._found = self._found.with_served(served)
            self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """The columns share the width."""
        del event
        self._draw()

    def _draw(self) -> None:
        if self._found is None:
            return
        self.query_one("#stacks", Static).update(side_by_side(self._found, self.size.width - 4))
        lines = [*(f"! {printable(one, limit=300)}" for one in self._found.notes), *self._found.shared]
        self.query_one("#notes", Static).update(Content("\n".join(lines)))

"""The secrets that can be replaced, with their age and what is pending."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain.plain import printable
from avnwizard.flows.rotate.age import Clues
from avnwizard.flows.rotate.outlook import Outlook, outlooks
from avnwizard.ui.marks import LEVELS
from avnwizard.ui.screens.find import ListPage
from avnwizard.ui.screens.rotation import RotationPage
from avnwizard.ui.widgets.rows import Column, Row, Rows


class SecretsPage(ListPage):
    """Opens a secret's next phase on Enter."""

    CSS_PATH = "secrets.tcss"
    EXPLAINED = (
        "The secrets that people's sessions and tokens depend on. A rotation replaces one in up to three phases, "
        "each a run of its own: you can log out for days between them. ! marks a rotation that waits for its next "
        "phase, and a secret that was rotated more than a year ago.\n\n"
        "Enter shows what the next phase means for those who are signed in. Nothing is changed before you type the "
        "name of the stack there.\n\n"
        "A database role's password is replaced with: avnwizard rotate password ROLE. avnwizard help rotation says "
        "what happens in each phase, and which secrets are replaced by hand."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "go_on", "Open", key_display="Enter")]

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, str] = {}

    def heading(self) -> str:
        """What is listed."""
        return "Secrets"

    def body(self) -> ComposeResult:
        """The list, and all that is known of the chosen one."""
        yield Rows([Column(width=24), Column()])
        yield Static(id="known", markup=False, classes="pane")

    def on_mount(self) -> None:
        """Look which there are."""
        super().on_mount()
        self.tell("Looking which secrets there are ...")

    def on_screen_resume(self) -> None:
        """Look again: a phase may have been carried out since."""
        super().on_screen_resume()
        self.ask_host(lambda: outlooks(self.host, Clues(self.host)), self._show)

    def _show(self, found: tuple[Outlook, ...]) -> None:
        self.tell("")
        self._known = {one.kind.what: one.state for one in found}
        self.query_one(Rows).show([_row(one) for one in found])
        self.show_keys()

    def on_option_list_option_highlighted(self) -> None:
        """Say all of it: the row may be cut."""
        chosen = self.query_one(Rows).chosen
        self.query_one("#known", Static).update(Content(printable(self._known.get(chosen, ""), limit=400)))

    def action_go_on(self) -> None:
        """Open the chosen secret."""
        if chosen := self.query_one(Rows).chosen:
            self.app.push_screen(RotationPage(chosen))


def _row(one: Outlook) -> Row:
    mark = LEVELS[one.level]
    state = (
        Content.assemble((f"{mark.sign} ", mark.style), one.short) if one.here else Content.styled(one.short, "dim")
    )
    return Row(one.kind.what, (Content(one.kind.title), state), disabled=not one.here)

"""A line to enter a value, or another name for a renamed setting."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from avnwizard.domain.answers import GENERATE, Decision
from avnwizard.domain.plain import printable
from avnwizard.errors import WizardError
from avnwizard.ui.marks import NOTE
from avnwizard.ui.state import Upgrade


class EnterValue(ModalScreen[str | None]):
    """Gives what was entered, None when nothing shall change. A secret is not shown while it is typed."""

    CSS_PATH = "enter_value.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "decline", "Back", show=False)]

    def __init__(self, upgrade: Upgrade, decision: Decision) -> None:
        super().__init__()
        self._upgrade, self._decision = upgrade, decision

    def compose(self) -> ComposeResult:
        """The question, the line, the keys."""
        rename = self._decision.topic == "rename"
        key = printable(self._decision.key, limit=60)
        question = f"The name that {key} has in the new release:" if rename else f"The value of {key}:"
        with Vertical(id="card"):
            yield Static(Content(question), markup=False)
            yield Input(value=self._start(), password=self._decision.secret, compact=True)
            yield Static(id="wrong", markup=False)
            yield Static(
                Content.assemble(("Enter", "bold $accent"), " take it  ", ("Esc", "bold $accent"), " back"),
                markup=False,
            )

    def _start(self) -> str:
        if self._decision.secret:
            return ""
        known = self._upgrade.answers.get(self._decision)
        return known if known not in {None, GENERATE} else self._decision.proposal or ""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it where it can be written to the file."""
        value = event.value if self._decision.topic == "value" else event.value.strip()
        if trouble := self._trouble(value):
            self.query_one("#wrong", Static).update(Content.assemble((f"{NOTE.sign} {trouble}", NOTE.style)))
            return
        self.dismiss(value)

    def _trouble(self, value: str) -> str:
        if not value:
            return "Nothing was entered."
        if weak := self._decision.trouble(value):
            return weak
        env, key = self._upgrade.draft.coming.env, self._decision.key
        try:
            if self._decision.topic == "rename":
                env.renamed(key, value)
            else:
                env.with_value(key, value)
        except WizardError as error:
            return error.message
        return ""

    def action_decline(self) -> None:
        """Nothing changes."""
        self.dismiss(None)

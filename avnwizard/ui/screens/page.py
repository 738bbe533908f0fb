"""What every screen is: a title row, a body, a row for what was just said, a row of keys. `?` explains it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static

from avnwizard.domain.plain import printable
from avnwizard.domain.settings import key_shown
from avnwizard.errors import WizardError
from avnwizard.ui import keymap
from avnwizard.ui.desk import NOW, Answered
from avnwizard.ui.journey import Stage
from avnwizard.ui.marks import NOTE, STOP, Mark
from avnwizard.ui.screens.explain import Explain
from avnwizard.ui.settling import Settling
from avnwizard.ui.widgets.key_bar import KeyBar
from avnwizard.ui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from avnwizard.flows.host import Host
    from avnwizard.ui.app import WizardApp
    from avnwizard.ui.state import Choices

T = TypeVar("T")


class Page(Screen[None]):
    """A screen of the wizard.

    Attributes:
        STAGE: which stage of an upgrade it belongs to; None for a page apart from it.
        EXPLAINED: what `?` says, in plain words.
        settling: set where what is shown changes by itself, so that a key may be meant for what was there before.
    """

    STAGE: ClassVar[Stage | None] = None
    EXPLAINED: ClassVar[str] = ""
    AUTO_FOCUS = "Rows"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", key_display="Enter"),
        Binding("escape", "back", "Back", key_display="Esc"),
        Binding("q", "leave", "Leave", key_display="q", id="leave"),
        Binding("question_mark", "explain", "Help", key_display="?", id="help"),
    ]

    settling: Settling | None = None

    @property
    def wizard(self) -> "WizardApp":
        """The app."""
        from avnwizard.ui.app import WizardApp

        assert isinstance(self.app, WizardApp)
        return self.app

    @property
    def host(self) -> "Host":
        """The stack."""
        return self.wizard.host

    @property
    def choices(self) -> "Choices":
        """What was decided so far."""
        return self.wizard.choices

    def heading(self) -> str:
        """The title row's left part."""
        return self.wizard.heading()

    def body(self) -> ComposeResult:
        """The widgets between the rows."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The rows, and the body between them."""
        yield TitleBar(self.heading(), self.STAGE)
        with Vertical(id="body"):
            yield from self.body()
        yield Static(id="told", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the keys."""
        self.show_keys()

    def commands(self) -> list[Binding]:
        """What this screen can do now, by the operator's keys: its own first, then what every screen can."""
        bound = keymap.bound(type(self))
        ends = [key for key, binding in bound.items() if binding.action == "find"]
        ends += [key for key in ("q", "question_mark") if key in bound]
        begins = [key for key in ("enter", "escape") if key in bound]
        own = [key for key in bound if key not in {*begins, *ends}]
        found = [bound[key] for key in (*begins, *own, *ends)]
        able = [one for one in found if one.description and self.check_action(one.action, ())]
        return [keymap.with_keys(one, self.wizard.keys) for one in able]

    def keys(self) -> list[tuple[str, str]]:
        """The keys of this screen that work now and what they do."""
        return [(keymap.shown(one), self.words_for(one)) for one in self.commands() if one.show]

    def key_of(self, name: str) -> str:
        """The key of an action as it is shown, for a sentence that names it."""
        named = next(one for one in keymap.bound(type(self)).values() if one.id == name)
        return keymap.shown(keymap.with_keys(named, self.wizard.keys))

    def moved(self) -> str:
        """What the operator's settings moved on this screen, for a text that names the usual keys; "" for nothing."""
        by_name = keymap.actions([type(self)])
        told = [
            f"{key_shown(key)} instead of {keymap.shown(by_name[name])}"
            for name, key in self.wizard.keys.items()
            if name in by_name
        ]
        return f"By your own settings: {', '.join(told)}." if told else ""

    def words_for(self, binding: Binding) -> str:
        """What a key does now; a screen may say it by what is in hand."""
        return binding.description

    def show_keys(self) -> None:
        """Draw the keys again, after something changed what they do."""
        self.query_one(KeyBar).keys = tuple(self.keys()) if self.is_on_top else ()

    @property
    def is_on_top(self) -> bool:
        """Whether keys come here: no question and no other screen is shown over it."""
        return self.app.screen is self

    def on_screen_suspend(self) -> None:
        """A question over this screen has keys of its own: these do nothing meanwhile."""
        self.query_one(KeyBar).keys = ()

    def on_screen_resume(self) -> None:
        """The keys work again."""
        self.show_keys()

    def tell(self, text: str, mark: Mark | None = None) -> None:
        """Say one thing in the row above the keys; "" takes it away."""
        words = printable(text, limit=400)
        shown = Content.assemble((f"{mark.sign} ", mark.style), words) if mark and text else Content(words)
        self.query_one("#told", Static).update(shown)

    def refuse(self, error: WizardError) -> None:
        """Say what is wrong and what can be done."""
        self.tell(f"{error.message} {error.hint}".strip(), STOP)

    def ask_host(
        self,
        question: Callable[[], T],
        then: Callable[[T], None],
        otherwise: Callable[[WizardError], None] | None = None,
        *,
        urgency: int = NOW,
    ) -> None:
        """Ask the stack something in the background; the answer comes back on this screen's own thread."""
        self.wizard.desk.ask(self, question, then, otherwise or self.refuse, urgency=urgency)

    def on_answered(self, event: Answered) -> None:
        """Deliver an answer."""
        event.stop()
        if self.is_attached:
            event.deliver()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a row is Enter on the screen."""
        event.stop()
        self.action_go_on()

    def action_go_on(self) -> None:
        """Go on; a screen without a next one has nothing to do."""

    def is_meant(self) -> bool:
        """Whether a key was pressed for what the screen shows now; where it was not, that is said."""
        if self.settling is None or self.settling.is_over:
            return True
        self.warn("This changed a moment ago. Look, then press the key again.")
        return False

    def action_back(self) -> None:
        """Go back to the screen before; what was answered is kept."""
        self.dismiss()

    def action_leave(self) -> None:
        """Leave the wizard."""
        self.wizard.leave()

    def action_explain(self) -> None:
        """Explain this screen."""
        text = "\n\n".join(filter(None, (self.EXPLAINED, self.moved())))
        self.app.push_screen(Explain(text, [*self.keys(), (self.wizard.commands_key, keymap.COMMANDS.description)]))

    def warn(self, text: str) -> None:
        """Say what keeps the operator here."""
        self.tell(text, NOTE)


class Sight(Page):
    """A page that is only looked at: Enter closes it, as Escape does, and the footer says so."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "go_on", "Close", key_display="Enter")]

    def action_go_on(self) -> None:
        """Close it."""
        self.dismiss()

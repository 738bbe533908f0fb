"""The environment: what the operator has, what the target wants, what will be written; each decided by itself."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain import words
from avnwizard.domain.answers import COMMENT_OUT, GENERATE, KEEP
from avnwizard.domain.plain import printable
from avnwizard.ui import journey
from avnwizard.ui.env_rows import EnvRow, env_rows
from avnwizard.ui.marks import DECIDED, OPEN, SURE
from avnwizard.ui.screens.enter_value import EnterValue
from avnwizard.ui.screens.env_diff import EnvDiffPage
from avnwizard.ui.screens.find import ListPage
from avnwizard.ui.widgets.heads import Heads
from avnwizard.ui.widgets.rows import Column, Row, Rows

if TYPE_CHECKING:
    from textual.timer import Timer

_MARKS = {"open": OPEN, "decided": DECIDED, "sure": SURE}
_COLUMNS = (Column(width=1), Column(), Column(), Column())
_HIDE_AFTER_S = 1.0
"""A terminal does not tell when a key is let go; a key that is held repeats far more often than this."""


class EnvironmentPage(ListPage):
    """Decides renames, additions and removals."""

    CSS_PATH = "environment.tcss"
    STAGE = "Environment"
    EXPLAINED = (
        "Settings that the release renames, adds or removes. All others in your file stay as they are, "
        "comments and order too.\n\n"
        "? waits for you. Space accepts what is proposed; e enters something else; x refuses a rename, or "
        "keeps a setting that would be commented out. What is marked ✓ follows from the release beyond doubt; "
        "you can still change it.\n\n"
        "Secrets are shown as ***. Hold v to see those of the highlighted row, below the list. d shows the file as "
        "it will be. Your old file is kept, and going back restores it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "accept", "Accept", key_display="Space", id="accept"),
        Binding("e", "enter", "Enter value", id="value"),
        Binding("x", "refuse", "Refuse", id="refuse"),
        Binding("d", "difference", "Diff", id="diff"),
        Binding("v", "reveal", "Show (hold)", id="reveal"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[EnvRow, ...] = ()
        self._revealing: Timer | None = None

    def body(self) -> ComposeResult:
        """What is left, three columns, the reasons."""
        yield Static(id="left", classes="pane", markup=False)
        yield Heads(_COLUMNS, ("", "you have", "the release wants", "will be written"))
        yield Rows(_COLUMNS)
        with VerticalScroll(id="why"):
            yield Static(id="about", classes="pane", markup=False)

    def on_mount(self) -> None:
        """Show every decision."""
        super().on_mount()
        left = self.choices.upgrade.open(env=True)
        self._show(at=left[0].id if left else "")

    def _show(self, *, at: str = "") -> None:
        upgrade = self.choices.upgrade
        self._rows = env_rows(upgrade)
        rows = []
        for row in self._rows:
            mark = _MARKS[row.standing]
            cells = [Content(printable(text, limit=400)) for text in (row.yours, row.wants, row.writes)]
            rows.append(Row(row.decision.id, (Content.assemble((mark.sign, mark.style)), *cells)))
        self.query_one(Rows).show(rows, at=at)
        self._show_left()
        self._show_about()
        self.show_keys()

    def _show_left(self) -> None:
        left, stays = len(self.choices.upgrade.open(env=True)), self._untouched()
        self.query_one(Heads).display = bool(self._rows)
        if not self._rows:
            nothing = f"Nothing to decide: this release changes none of your {words.count(stays, 'setting')}."
            self.query_one("#left", Static).update(Content.assemble((f"{DECIDED.sign} ", DECIDED.style), nothing))
            return
        if left:
            told = Content.assemble((f"{OPEN.sign} {words.count(left, 'setting')} to be decided", OPEN.style))
        else:
            told = Content.assemble((f"{DECIDED.sign} Everything is decided", DECIDED.style))
        rest = Content.assemble(
            (f"; {stays} {words.verb(stays, 'other stays as it is', 'others stay as they are')}", "dim")
        )
        self.query_one("#left", Static).update(Content.assemble(told, rest))

    def _untouched(self) -> int:
        draft = self.choices.upgrade.draft
        coming = draft.coming.env
        keys = {key for key in draft.operator.keys() if draft.operator.literal(key) == coming.literal(key)}  # noqa: SIM118 - no mapping
        return len(keys - {row.decision.key for row in self._rows})

    def _show_about(self) -> None:
        row = self._chosen()
        about = self.query_one("#about", Static)
        if not row:
            about.update("" if self._rows else "Enter goes on to the snapshot.")
            return
        mark = _MARKS[row.standing]
        lines = [Content.assemble(mark.shown(), "  ", (_question(row), "bold"))]
        lines += [Content(f"• {printable(why, limit=400)}") for why in row.decision.why]
        seen = self._seen(row)
        lines += [
            Content.assemble((f"{label:<18}", "dim"), printable(text, limit=2000))
            for label, text in (("You have", seen.yours), ("The release wants", seen.wants), ("Written", seen.writes))
        ]
        about.update(Content("\n").join(lines))

    def _seen(self, row: EnvRow) -> EnvRow:
        """A row as it may be seen now: with its secret while that key is held."""
        if not self._revealing:
            return row
        return next(one for one in env_rows(self.choices.upgrade, reveal=True) if one.decision.id == row.decision.id)

    def _chosen(self) -> EnvRow | None:
        chosen = self.query_one(Rows).chosen
        return next((row for row in self._rows if row.decision.id == chosen), None)

    def on_option_list_option_highlighted(self) -> None:
        """Tell about the one chosen."""
        self._show_about()
        self.show_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense for the chosen decision."""
        if action not in {"accept", "enter", "refuse", "reveal"}:
            return True
        row = self._chosen() if self._rows else None
        if not row:
            return False
        topic = row.decision.topic
        return {
            "accept": bool(row.decision.proposal),
            "enter": topic != "remove",
            "refuse": topic in {"rename", "remove"},
            "reveal": "***" in row.yours + row.writes,
        }[action]

    def words_for(self, binding: Binding) -> str:
        """What the key does to the chosen decision."""
        row = self._chosen()
        topic = row.decision.topic if row else ""
        told = {
            ("accept", "rename"): "Rename",
            ("accept", "remove"): "Keep" if row and row.decision.proposal == KEEP else "Comment out",
            ("enter", "rename"): "Other name",
            ("refuse", "rename"): "Not a rename",
            ("refuse", "remove"): "Comment out" if row and row.decision.proposal == KEEP else "Keep",
        }
        if binding.action == "accept" and row and row.decision.proposal == GENERATE:
            return "Generate"
        return told.get((binding.action, topic), super().words_for(binding))

    def action_accept(self) -> None:
        """Take what is proposed."""
        row = self._chosen()
        if row and row.decision.proposal:
            self._decide(row, row.decision.proposal)

    def action_refuse(self) -> None:
        """Not a rename; or the other way with a variable that the release no longer has."""
        row = self._chosen()
        if row and row.decision.topic == "rename":
            self._decide(row, "")
        elif row and row.decision.topic == "remove":
            self._decide(row, COMMENT_OUT if row.decision.proposal == KEEP else KEEP)

    def action_enter(self) -> None:
        """Enter another name, or a value."""
        row = self._chosen()
        if row and row.decision.topic != "remove":
            self.app.push_screen(EnterValue(self.choices.upgrade, row.decision), partial(self._entered, row))

    def _entered(self, row: EnvRow, value: str | None) -> None:
        if value is not None:
            self._decide(row, value)

    def _decide(self, row: EnvRow, answer: str) -> None:
        self.choices.upgrade = self.choices.upgrade.decided(row.decision, answer)
        left = self.choices.upgrade.open(env=True)
        self._show(at=left[0].id if left else row.decision.id)
        self.tell("" if left else "Enter goes on to the snapshot.")

    def action_difference(self) -> None:
        """Show the file as it will be."""
        self.app.push_screen(EnvDiffPage())

    def action_reveal(self) -> None:
        """Show the chosen secret while the key is held."""
        if self._revealing:
            self._revealing.reset()
            return
        self._revealing = self.set_timer(_HIDE_AFTER_S, self._hide)
        self._show()

    def _hide(self) -> None:
        self._revealing = None
        self._show()

    def action_go_on(self) -> None:
        """Go on, or to the first that is open."""
        left = self.choices.upgrade.open(env=True)
        if left:
            self._show(at=left[0].id)
            self.warn(f"{words.count(len(left), 'setting')} to be decided: {left[0].key}.")
            return
        self.app.push_screen(journey.following(self))


def _question(row: EnvRow) -> str:
    """The decision in words; how sure a sure one is need not be shown as a number."""
    question = printable(row.decision.question, limit=300)
    return question.replace("? (almost certain, 100 %)", ".") if row.decision.certain else question

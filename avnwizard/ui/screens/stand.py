"""Where you stand: the release, the health of every service, what a check found, and what can be done from here."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.engine.carried import own_runs
from avnwizard.engine.records import UNFINISHED, RunRecord
from avnwizard.flows.postgres import majors
from avnwizard.flows.run.registry import can_roll_back
from avnwizard.ui import journey, stand_facts
from avnwizard.ui.desk import LATER
from avnwizard.ui.screens.page import Page
from avnwizard.ui.stand_facts import Stand, look
from avnwizard.ui.taking_back import take_back
from avnwizard.ui.widgets.facts import Facts
from avnwizard.ui.widgets.rows import Column, Row, Rows

_ROOMY = (76, 24)
"""From this size on every service is named."""
_LOOK_S = 3.0
"""So often the journal is asked whether another login began or ended a run."""
_MENU_ROWS = 7
_AROUND_MENU = 5
"""The title, the question with the row above it, what is said, the keys."""


class StandPage(Page):
    """The first screen."""

    CSS_PATH = "stand.tcss"
    EXPLAINED = (
        "This is your stack as it is now. Nothing on this screen changes anything.\n\n"
        "✓ is well. ! is worth knowing: the upgrade can go on. ✗ must be fixed first; the line below it says "
        "how.\n\n"
        "Choose what to do and press Enter. An upgrade asks its questions first and shows every command; it "
        "begins only when you type the release's name on the last screen."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "nothing", show=False),
        Binding("r", "look_again", "Look again", id="look-again"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.stand: Stand | None = None
        self._seen_at = 0.0
        self._small = False

    def heading(self) -> str:
        """The product alone: nothing is chosen here."""
        return f"{self.host.config.stack.product}: where you stand"

    def body(self) -> ComposeResult:
        """Facts, findings, the menu."""
        with VerticalScroll(id="above"):
            yield Facts(id="facts", label_width=stand_facts.LABEL_WIDTH)
            yield Static(id="findings", markup=False)
        yield Static("What would you like to do?", classes="label", markup=False)
        yield Rows([Column(width=12), Column()], id="menu")

    def on_mount(self) -> None:
        """Look."""
        super().on_mount()
        self._show_menu()
        self.set_interval(_LOOK_S, self._watch)

    def _watch(self) -> None:
        """Look again once a run began or ended, whoever started it."""
        if self.is_current and self.stand:
            self.ask_host(lambda: _states(own_runs(self.host.journal())), self._heard, lambda _: None, urgency=LATER)

    def _heard(self, runs: list[tuple[str, str]]) -> None:
        if self.stand and runs != _states(self.stand.runs):
            self.action_look_again()

    def on_resize(self, event: events.Resize) -> None:
        """The menu keeps its rows; what is above it scrolls. A small terminal is spared the names of what is well."""
        self._make_room(event.size.height)
        self._small = event.size.height < _ROOMY[1] or event.size.width < _ROOMY[0]
        if self.stand:
            self._show_facts(self.stand)

    def _make_room(self, height: int) -> None:
        self.query_one("#menu").styles.height = self._menu_rows()
        self.query_one("#above").styles.max_height = self._room_above(height)

    def _menu_rows(self) -> int:
        return min(max(len(self._menu()), 1), _MENU_ROWS)

    def _room_above(self, height: int) -> int:
        return max(height - self._menu_rows() - _AROUND_MENU, 3)

    def on_screen_resume(self) -> None:
        """Look again whenever this screen is come back to."""
        self.action_look_again()

    def action_look_again(self) -> None:
        """Look at everything again."""
        then = words.moment(self._seen_at)[-5:]
        self.tell(f"Looking again; above is how it was at {then} ..." if then else "Looking at the stack ...")
        self.ask_host(lambda: look(self.host), self._seen)

    def _seen(self, stand: Stand) -> None:
        self.stand, self._seen_at = stand, self.host.clock.now()
        self.tell("")
        self._show_facts(stand)
        self.query_one("#findings", Static).update(stand_facts.findings(stand.findings))
        self._show_menu()
        self.ask_host(_warm_up, lambda _: None, urgency=LATER)

    def _show_facts(self, stand: Stand) -> None:
        """Every service by name, unless a finding would be out of sight then."""
        lockstep, now = self.host.config.lockstep, self.host.clock.now()
        facts = stand_facts.facts(stand, lockstep, now, brief=self._small)
        if stand_facts.height(facts, stand.findings, self.size.width) > self._room_above(self.size.height):
            facts = stand_facts.facts(stand, lockstep, now, brief=True)
        self.query_one(Facts).show(facts)

    def _show_menu(self) -> None:
        menu, rows = self._menu(), self.query_one(Rows)
        unfinished = menu[0][0] == "run"
        rows.show(
            [
                Row(
                    name,
                    (Content(label), Content.assemble((what, "dim"))),
                    disabled=unfinished and name == "upgrade",
                )
                for name, label, what in menu
            ],
            at="run" if unfinished and rows.chosen in {"", "upgrade"} else "",
        )
        self._make_room(self.size.height)

    def _menu(self) -> list[tuple[str, str, str]]:
        stand, found = self.stand, []
        runs = stand.runs if stand else tuple(own_runs(self.host.journal()))
        upgrade = f"{words.count(stand.newer, 'newer release')} known here" if stand and stand.newer else ""
        if unfinished := _unfinished(runs):
            title = printable(unfinished.title, limit=40)
            found.append(("run", "Open run", f"{title} is unfinished"))
            upgrade = "finish that run first, or roll it back"
        found.append(("upgrade", "Upgrade", upgrade or "look for newer releases"))
        if stand and stand.redo:
            again = printable(stand.redo.title, limit=40)
            found.append(("redo", "Redo", f"{again} again, with the rows from before the rollback"))
        undo = next(iter(can_roll_back(runs)), None)
        if undo:
            found.append(("rollback", "Roll back", f"undo {printable(undo.title, limit=40)}"))
        if stand:
            found.append(("services", "Services", "each with its image and health"))
        if stand and stand.snapshot:
            found.append(("snapshots", "Snapshots", "what is kept, and where"))
        if stand and self.host.config.fleet.driver:
            found.append(("fleet", "Fleet", " and ".join(map(printable, self.host.config.fleet.stacks))))
        if stand and stand.secrets:
            found.append(("secrets", "Secrets", stand.secrets))
        if stand and stand.postgres:
            newest = majors.newer(stand.postgres)[0]
            found.append(("postgres", "Postgres", f"version {stand.postgres}; the ways to {newest}"))
        if runs:
            found.append(("history", "History", words.count(len(runs), "run")))
        return found

    def action_nothing(self) -> None:
        """Escape has nowhere to go from the first screen."""

    def action_go_on(self) -> None:
        """Open what is chosen."""
        chosen = self.query_one(Rows).chosen
        if self.stand and chosen == "rollback":
            take_back(self, can_roll_back(self.stand.runs)[0])
        elif self.stand or chosen == "upgrade":
            self.app.push_screen(_page(chosen, self.stand))


def _page(chosen: str, stand: Stand | None) -> Page:
    """The screen that a row of the menu opens; imported now, so that the first screen is there sooner."""
    if chosen == "upgrade" or stand is None:
        return journey.opening(journey.FIRST)
    if chosen == "run":
        from avnwizard.ui.screens.run import RunPage

        return RunPage((_unfinished(stand.runs) or stand.runs[0]).id)
    if chosen == "redo" and stand.runs:
        from avnwizard.ui.screens.redo import RedoPage

        return RedoPage(stand.runs[0].id)
    return _list(chosen, stand)


def _states(runs: Sequence[RunRecord]) -> list[tuple[str, str]]:
    return [(run.id, run.state) for run in runs]


def _unfinished(runs: Sequence[RunRecord]) -> RunRecord | None:
    """The newest run that waits for the operator, or is at work."""
    return next((run for run in runs if run.state in UNFINISHED), None)


def _list(chosen: str, stand: Stand) -> Page:
    if chosen == "services":
        from avnwizard.ui.screens.services import ServicesPage

        return ServicesPage(stand.survey)
    if chosen == "snapshots":
        from avnwizard.ui.screens.snapshots import SnapshotsPage

        return SnapshotsPage()
    if chosen == "fleet":
        from avnwizard.ui.screens.fleet import FleetPage

        return FleetPage()
    if chosen == "secrets":
        from avnwizard.ui.screens.secrets import SecretsPage

        return SecretsPage()
    if chosen == "postgres" and stand.postgres:
        from avnwizard.ui.screens.postgres import PostgresPage

        return PostgresPage(stand.postgres)
    from avnwizard.ui.screens.history import HistoryPage

    return HistoryPage()


def _warm_up() -> None:
    """Import the screens that most likely come next, so that their first key answers at once."""
    from avnwizard.ui.screens import releases as _releases
    from avnwizard.ui.screens import run as _run

    del _releases, _run

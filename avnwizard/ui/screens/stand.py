"""Where you stand: the release, the health of every service, what a check found, and what can be done from here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain.config import LockstepSection
from avnwizard.domain.findings import Finding, Level, worst
from avnwizard.domain.host import TagRef
from avnwizard.domain.plain import printable
from avnwizard.engine.records import UNFINISHED, RunRecord
from avnwizard.errors import RefusedError
from avnwizard.flows.check import check
from avnwizard.flows.host import Host
from avnwizard.flows.run.registry import can_roll_back
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.stack.survey import Survey, survey
from avnwizard.flows.upgrade import releases
from avnwizard.ui import words
from avnwizard.ui.desk import LATER
from avnwizard.ui.marks import LEVELS, NOTE, OK, STOP
from avnwizard.ui.screens.page import Page
from avnwizard.ui.taking_back import take_back
from avnwizard.ui.widgets.facts import Fact, Facts
from avnwizard.ui.widgets.rows import Column, Row, Rows

_ROOMY = (76, 24)
"""From this size on every service is named."""
_MENU_ROWS = 7
_AROUND_MENU = 5
"""The title, the question with the row above it, what is said, the keys."""


@dataclass(frozen=True)
class Stand:
    """What this screen shows, read in one go."""

    survey: Survey
    tag: TagRef | None
    findings: tuple[Finding, ...]
    runs: tuple[RunRecord, ...]
    snapshot: snapshots.Manifest | None
    free_bytes: int
    newer: int


def look(host: Host) -> Stand:
    """Read all of it.

    Raises:
        HostError: the engine or git does not answer.
    """
    found = survey(host)
    try:
        listing = releases.listing(host)
        tag, newer = listing.current, sum(not one.apart for one in listing.newer)
    except RefusedError:
        tag, newer = None, 0  # a finding says so
    folder = host.state.snapshots
    kept = snapshots.all_whole(host.files, folder)
    return Stand(
        survey=found,
        tag=tag,
        findings=check(host),
        runs=tuple(host.journal().runs()),
        snapshot=kept[0][1] if kept else None,
        free_bytes=host.files.free_bytes(folder),
        newer=newer,
    )


class StandPage(Page):
    """The first screen."""

    CSS_PATH = "stand.tcss"
    EXPLAINED = (
        "This is your stack as it is now. Nothing on this screen changes anything.\n\n"
        "✓ is well. ! is worth knowing: the upgrade can go on. ✗ must be mended first; the line below it says "
        "how.\n\n"
        "Choose what to do and press Enter. An upgrade asks its questions first and shows every command; it "
        "begins only when you type the release's name on the last screen."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "nothing", show=False),
        Binding("r", "look_again", "Look again"),
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
            yield Facts(id="facts", label_width=11)
            yield Static(id="findings", markup=False)
        yield Static("What would you like to do?", classes="label", markup=False)
        yield Rows([Column(width=12), Column()], id="menu")

    def on_mount(self) -> None:
        """Look."""
        super().on_mount()
        self._show_menu()

    def on_resize(self, event: events.Resize) -> None:
        """The menu keeps its rows; what is above it scrolls. A small terminal is spared the names of what is well."""
        self._make_room(event.size.height)
        self._small = event.size.height < _ROOMY[1] or event.size.width < _ROOMY[0]
        if self.stand:
            self._show_facts(self.stand)

    def _make_room(self, height: int) -> None:
        menu = min(max(len(self._menu()), 1), _MENU_ROWS)
        self.query_one("#menu").styles.height = menu
        self.query_one("#above").styles.max_height = max(height - menu - _AROUND_MENU, 3)

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
        self.query_one("#findings", Static).update(_findings(stand.findings))
        self._show_menu()
        self.ask_host(_warm_up, lambda _: None, urgency=LATER)

    def _show_facts(self, stand: Stand) -> None:
        facts = _facts(stand, self.host.config.lockstep, self.host.clock.now(), brief=self._small)
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
        runs = stand.runs if stand else tuple(self.host.journal().runs())
        upgrade = f"{words.count(stand.newer, 'newer release')} known here" if stand and stand.newer else ""
        if unfinished := _unfinished(runs):
            title = printable(unfinished.title, limit=40)
            found.append(("run", "Open run", f"{title} is unfinished"))
            upgrade = f"not before the run {title} is finished or rolled back"
        found.append(("upgrade", "Upgrade", upgrade or "look for newer releases"))
        undo = next(iter(can_roll_back(runs)), None)
        if undo:
            found.append(("rollback", "Roll back", f"undo {printable(undo.title, limit=40)}"))
        if stand:
            found.append(("services", "Services", "each with its image and health"))
        if stand and stand.snapshot:
            found.append(("snapshots", "Snapshots", "what is kept, and where"))
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
        from avnwizard.ui.screens.releases import ReleasesPage

        return ReleasesPage()
    if chosen == "run":
        from avnwizard.ui.screens.run import RunPage

        return RunPage((_unfinished(stand.runs) or stand.runs[0]).id)
    return _list(chosen, stand)


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
    from avnwizard.ui.screens.history import HistoryPage

    return HistoryPage()


def _warm_up() -> None:
    """Import the screens that most likely come next, so that their first key answers at once."""
    from avnwizard.ui.screens import releases as _releases
    from avnwizard.ui.screens import run as _run

    del _releases, _run


def _facts(stand: Stand, lockstep: LockstepSection, now: float, *, brief: bool) -> list[Fact]:
    head, services = stand.survey.head, stand.survey.services
    release = (
        f"{printable(stand.tag.name, limit=40)} of {words.day(stand.tag.date)}" if stand.tag else "no release tag"
    )
    branch = f", on branch {printable(head.branch, limit=30)}" if head.branch else ""
    well = [one for one in services if not one.ailment]
    mark = OK if len(well) == len(services) else STOP
    facts: list[Fact] = [
        ("Release", Content(release + branch)),
        ("Services", Content.assemble((f"{mark.sign} ", mark.style), f"{len(well)} of {len(services)} serve")),
    ]
    if not brief or len(well) < len(services):
        facts.append(("", _health(stand.survey, brief=brief)))
    drifted = set(stand.survey.drifted) & set(lockstep.services)
    pins = Content.assemble((f"{OK.sign} ", OK.style), "in step with the release")
    if drifted:
        pins = Content.assemble(
            (f"{NOTE.sign} ", NOTE.style), f"{', '.join(sorted(drifted))} drifted from the release"
        )
    facts.append((f"{lockstep.name} pins", pins))
    disk = worst(tuple(one for one in stand.findings if one.check == "disk"))
    facts.append(
        (
            "Free disk",
            Content.assemble(
                (f"{LEVELS[disk].sign} ", LEVELS[disk].style), f"{words.size(stand.free_bytes)} for snapshots"
            ),
        )
    )
    kept = stand.snapshot
    told = f"of {printable(kept.tag, limit=30)}, {words.ago(kept.taken_at, now)}" if kept else "none yet"
    facts.append(("Snapshot", Content(told)))
    last = stand.runs[0] if stand.runs else None
    run = (
        f"{printable(last.title, limit=50)}: {last.state}, {words.ago(last.created_at, now)}" if last else "none yet"
    )
    facts.append(("Last run", Content(run)))
    return facts


def _health(found: Survey, *, brief: bool) -> Content:
    """Every service by name (in brief: what does not serve), those that do not serve first, with the reason."""
    services = [one for one in found.services if one.ailment or not brief]
    ordered = sorted(services, key=lambda one: (not one.ailment, one.service))
    parts: list[Content] = []
    for one in ordered:
        mark = STOP if one.ailment else OK
        why = f" ({printable(one.ailment, limit=40)})" if one.ailment else ""
        # a sign and its name are never parted by a line's end
        parts.append(Content.assemble((mark.sign, mark.style), f"{printable(one.service)}{why}"))
    return Content("  ").join(parts)


def _findings(findings: tuple[Finding, ...]) -> Content:
    order: dict[Level, int] = {"stop": 0, "warn": 1, "ok": 2}
    lines: list[Content] = []
    for one in sorted((one for one in findings if one.level != "ok"), key=lambda one: order[one.level]):
        mark = LEVELS[one.level]
        lines.append(Content.assemble((f"{mark.sign} ", mark.style), printable(one.message, limit=400)))
        if one.hint:
            lines.append(Content.assemble(("  " + printable(one.hint, limit=400), "dim")))
    return Content("\n").join(lines)

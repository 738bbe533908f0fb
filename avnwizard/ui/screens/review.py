"""The review: every step with its commands and what going back costs. Typing the tag starts it."""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from avnwizard.domain import words
from avnwizard.domain.data_way import DataWay
from avnwizard.domain.findings import Finding
from avnwizard.domain.handled import HANDLED_WIDTH
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Breaking, Plan
from avnwizard.domain.spans import away_told
from avnwizard.flows.check import check
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import drafts
from avnwizard.flows.upgrade.planning import Prepared
from avnwizard.flows.upgrade.remembering import remember
from avnwizard.ui import review_lines
from avnwizard.ui.deciding import prepared_from
from avnwizard.ui.marks import NOTE, OK
from avnwizard.ui.screens.changes import ChangesPage
from avnwizard.ui.screens.find import ListPage
from avnwizard.ui.screens.pick_data_way import PickDataWay
from avnwizard.ui.screens.starting import StartingPage
from avnwizard.ui.state import Upgrade
from avnwizard.ui.trying import try_release
from avnwizard.ui.widgets.heads import Heads
from avnwizard.ui.widgets.rows import Column, Rows

_COLUMNS = (
    Column(width=2),
    Column(share=4),
    Column(width=HANDLED_WIDTH),
    Column(share=5),
    Column(share=4, least=100),
)


class ReviewPage(ListPage, StartingPage):
    """Shows the plan; starts it."""

    CSS_PATH = "review.tcss"
    STAGE = "Review"
    EXPLAINED = (
        "The whole plan, in the order in which it runs. Nothing was changed so far.\n\n"
        "Move through the steps: below each stand the exact commands, what your users may notice, and what "
        "going back would cost once that step is done (+ restore: if a migration moved the schema). PageUp "
        "and PageDown scroll that part.\n\n"
        "w writes plan and answers into the state folder, for avnwizard upgrade --answers.\n\n"
        "c shows what the release changes in the compose file, and which requests are sent through the edge to "
        "see what your users would notice.\n\n"
        "o rolls the chosen service in another way: in place, briefly down, instead of the new alongside the "
        "old; o again takes that back.\n\n"
        "Where nobody knows whether the previous version reads what the newer one writes, Enter asks what a rollback "
        "shall do with that service's data. d changes the answer for the chosen service.\n\n"
        "t tries the release on an isolated copy of this stack first, as avnwizard rehearse does: its migrations are "
        "timed, and then the old code runs on the migrated copy. What that showed stands here afterwards.\n\n"
        "Enter asks you to type the release's name; then the run begins. It runs by itself: closing the "
        "terminal does not stop it, and you can come back to it with avnwizard."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Start ...", key_display="Enter"),
        Binding("c", "changes", "Changes", id="changes"),
        Binding("o", "other_way", "Other way", id="other-way"),
        Binding("t", "try_first", "Try first", id="try-first"),
        Binding("w", "write", "Save plan", id="write"),
        Binding("d", "data_way", "Data", show=False, id="data-way"),
        Binding("pagedown", "turn(1)", show=False, priority=True),
        Binding("pageup", "turn(-1)", show=False, priority=True),
    ]

    CHECKS = "Checking the stack once more ..."
    FIT = "The stack is fit for it. Read the steps, then press Enter to start."

    def __init__(self) -> None:
        super().__init__()
        self._trying = False

    @property
    def plan(self) -> Plan:
        """The frozen plan."""
        prepared = self.choices.upgrade.prepared
        assert prepared is not None
        return prepared.plan

    def body(self) -> ComposeResult:
        """What it comes to, the steps, the step in full."""
        yield Static(id="sum", classes="pane", markup=False)
        yield Heads(_COLUMNS, ("", "step", "how", "going back afterwards", "users notice"))
        yield Rows(_COLUMNS)
        with VerticalScroll(id="full"):
            yield Static(id="step", classes="pane", markup=False)

    def on_mount(self) -> None:
        """Show the plan, and check the stack once more."""
        super().on_mount()
        self._show_plan()
        self.check_again()

    def _show_plan(self) -> None:
        self._show_sum()
        self.query_one(Rows).show(review_lines.rows(self.plan))
        self.on_option_list_option_highlighted()

    def on_resize(self) -> None:
        """What it comes to has as many rows as there are; warnings that have none are counted."""
        self._show_sum()

    def _show_sum(self) -> None:
        width = max(self.size.width - 2, 20)
        self.query_one("#sum", Static).update(review_lines.summary(self.plan, width, self.key_of("changes")))

    @property
    def target(self) -> str:
        """The release's tag."""
        return self.plan.target.tag

    @property
    def breaking(self) -> tuple[Breaking, ...]:
        """What was acknowledged."""
        return self.plan.breaking

    def look(self) -> tuple[Finding, ...]:
        """Check the stack."""
        return check(self.host)

    def on_option_list_option_highlighted(self) -> None:
        """Show the step in full."""
        chosen = self.query_one(Rows).chosen
        step = next((one for one in self.plan.steps if one.name == chosen), None)
        if step:
            self.query_one("#step", Static).update(review_lines.in_full(step))
            self.query_one("#full", VerticalScroll).scroll_home(animate=False)
            self.show_keys()

    def words_for(self, binding: Binding) -> str:
        """What another way would be for the chosen service."""
        service = self.query_one(Rows).chosen.removeprefix("roll:")
        part = next((one for one in self.plan.services if one.service == service), None)
        if binding.action == "other_way" and part and part.strategy == "surge":
            return "In place instead"
        if binding.action == "other_way" and service in self.choices.upgrade.strategies:
            return "Alongside again"
        return super().words_for(binding)

    def action_changes(self) -> None:
        """Show what changes in the compose file, and what is asked of the edge."""
        self.app.push_screen(ChangesPage(self.plan))

    def action_write(self) -> None:
        """Write plan and answers for the command line."""
        upgrade, plan = self.choices.upgrade, self.plan

        def write() -> tuple[Path, Path]:
            return drafts.export(self.host, plan, upgrade.answers, upgrade.draft.decisions(upgrade.answers))

        self.ask_host(write, lambda made: self.tell(f"Written: {made[0]} and {made[1].name}", OK))

    def action_other_way(self) -> None:
        """Roll the chosen service in place instead of alongside the old one, or take that back."""
        upgrade, service = self.choices.upgrade, self.query_one(Rows).chosen.removeprefix("roll:")
        part = next((one for one in self.plan.services if one.service == service), None)
        if self.findings is None:
            return  # the check, or a plan in the making, comes first
        if part is None or part.strategy not in {"surge", "recreate"}:
            self.tell("This step has one way only.", NOTE)
        elif part.strategy == "surge":
            self._plan_anew(upgrade.with_strategy(service, "recreate"))
        elif service in upgrade.strategies:
            self._plan_anew(upgrade.with_strategy(service, None))
        else:
            self.tell(f"{printable(service)} has one way only: {printable(part.reason, limit=120)}.", NOTE)

    def action_data_way(self) -> None:
        """Decide what a rollback does with the data of the chosen service."""
        service = self.query_one(Rows).chosen.partition(":")[2]
        part = next((one for one in self.plan.services if one.service == service), None)
        if self.findings is None:
            return
        if part is None or not part.way_back:
            self.tell("This step changes no image of a service that keeps data in volumes.", NOTE)
        else:
            self._ask_data(service)

    def _ask_data(self, service: str) -> None:
        part = self.plan.service(service)

        def decided(way: DataWay | None) -> None:
            if way:
                self._plan_anew(self.choices.upgrade.with_data(service, way))

        self.app.push_screen(PickDataWay(part), decided)

    def _plan_anew(self, changed: Upgrade) -> None:
        findings, self.findings = self.findings, None  # nothing starts meanwhile
        self.tell("Making the plan again ...")

        def planned(prepared: Prepared) -> None:
            self.choices.upgrade = changed.with_plan(prepared)
            self._show_plan()
            if findings is not None:
                self.checked(findings)

        self.ask_host(lambda: prepared_from(self.host, changed), planned)

    def action_try_first(self) -> None:
        """Rehearse the release; what that shows becomes part of the plan."""
        prepared = self.choices.upgrade.prepared
        if self.findings is not None and prepared:
            try_release(self, self.choices.upgrade, prepared, started=self._tries)

    def _tries(self) -> None:
        self._trying = True

    def on_screen_resume(self) -> None:
        """A rehearsal may be over: the plan says what it showed."""
        super().on_screen_resume()
        if self._trying:
            self._trying = False
            self._plan_anew(self.choices.upgrade)

    def action_turn(self, pages: int) -> None:
        """Scroll the step's text by a page."""
        text = self.query_one("#full", VerticalScroll)
        text.scroll_relative(y=pages * max(text.size.height - 1, 1), animate=False)

    def asks(self) -> str:
        """In how many steps, how long what is away, and what no snapshot means."""
        prepared = self.choices.upgrade.prepared
        if prepared and prepared.undecided:
            self._ask_data(prepared.undecided[0].key)
            return ""
        stack = printable(self.plan.project.name, limit=40)
        way = f"from {self.plan.current.tag} to {self.target}"
        what = f"This upgrades {stack} {way}, in {words.count(len(self.plan.steps), 'step')}."
        if brief := away_told(self.plan):
            what += f" {brief[:1].upper()}{brief[1:]}."
        if warned := len(self.plan.warnings):
            what += f" {words.count(warned, 'thing')} to know first: Esc, then {self.key_of('changes')}."
        if not self.plan.snapshot.taken:
            what += " No snapshot is taken: there is no way back once migrations ran."
        return what

    def order(self, findings: tuple[Finding, ...]) -> str:
        """Write the run down, and remember the ways that were chosen."""
        prepared = self.choices.upgrade.prepared
        assert prepared is not None
        run = launch.create_upgrade(self.host, replace(prepared, checked=findings))
        remember(self.host, prepared.ways)
        return run

"""The review: every step with its commands and what going back costs. Typing the tag starts it."""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from avnwizard.domain import words
from avnwizard.domain.data_way import DataWay
from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Breaking, Plan
from avnwizard.domain.spans import away_told
from avnwizard.errors import WizardError
from avnwizard.flows.check import check
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import drafts
from avnwizard.flows.upgrade.planning import Prepared
from avnwizard.flows.upgrade.remembering import remember
from avnwizard.ui.deciding import prepared_from
from avnwizard.ui.marks import NOTE, OK
from avnwizard.ui.screens.pick_data_way import PickDataWay
from avnwizard.ui.screens.plan_page import PlanPage
from avnwizard.ui.screens.starting import StartingPage
from avnwizard.ui.state import Upgrade
from avnwizard.ui.trying import try_release
from avnwizard.ui.widgets.rows import Rows


class ReviewPage(PlanPage, StartingPage):
    """Shows the plan; starts it."""

    STAGE = "Review"
    EXPLAINED = (
        "The whole plan, in the order in which it runs. Nothing was changed so far.\n\n"
        "Move through the steps: below each stand the exact commands, what your users may notice, and what "
        "going back would cost once that step is done (+ restore: if a migration moved the schema). PageUp "
        "and PageDown scroll that part.\n\n"
        "w writes plan and answers into the state folder, for upgrade --answers.\n\n"
        "c shows what changes in the compose file, and which requests show what your users would notice.\n\n"
        "o rolls the chosen service in another way: in place, briefly down, instead of the new alongside the "
        "old; o again takes that back.\n\n"
        "Where nobody knows whether the previous version reads what the newer one writes, Enter asks what a rollback "
        "does with that data; d changes the answer for the chosen service.\n\n"
        "t tries the release on an isolated copy of this stack first, as avnwizard rehearse does: its migrations are "
        "timed, and then the old code runs on the migrated copy. What that showed stands here afterwards.\n\n"
        "h lets the statements that break the previous version wait, where they can: going back then leaves the data "
        "as it is, until avnwizard contract runs them. h again takes that back.\n\n"
        "Enter asks you to type the release's name; then the run begins. It runs by itself: closing the "
        "terminal does not stop it, and you can come back to it with avnwizard."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Start ...", key_display="Enter"),
        Binding("h", "hold_back", "Hold back", id="hold-back"),
        Binding("t", "try_first", "Try first", id="try-first"),
        Binding("o", "other_way", "Other way", id="other-way"),
        Binding("w", "write", "Save plan", id="write"),
        Binding("d", "data_way", "Data", show=False, id="data-way"),
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

    def on_mount(self) -> None:
        """Show the plan, and check the stack once more."""
        super().on_mount()
        self.show_plan()
        self.check_again()

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

    def words_for(self, binding: Binding) -> str:
        """What another way would be."""
        if binding.action == "hold_back" and self.choices.upgrade.hold:
            return "Hold nothing"
        service = self.query_one(Rows).chosen.removeprefix("roll:")
        part = next((one for one in self.plan.services if one.service == service), None)
        if binding.action == "other_way" and part and part.strategy == "surge":
            return "In place instead"
        if binding.action == "other_way" and service in self.choices.upgrade.strategies:
            return "Alongside again"
        return super().words_for(binding)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether anything breaks the previous version, so that it could wait."""
        if action != "hold_back":
            return super().check_action(action, parameters)
        return self.choices.upgrade.can_hold(database=self.host.has_database)

    def action_hold_back(self) -> None:
        """Let what breaks the previous version wait, or take that back."""
        if self.findings is not None:
            self._plan_anew(self.choices.upgrade.with_hold(hold=not self.choices.upgrade.hold))

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
            self.show_plan()
            if findings is not None:
                self.checked(findings)

        def refused(error: WizardError) -> None:
            self.findings = findings  # the plan stands
            self.refuse(error)

        self.ask_host(lambda: prepared_from(self.host, changed), planned, refused)

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

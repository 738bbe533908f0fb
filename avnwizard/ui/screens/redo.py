"""Undoing the last rollback: the release again, with the databases as before it. Typing the tag starts it."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from avnwizard.domain.plan import Plan
from avnwizard.flows.rollback.redo import prepare_redo, redo_told
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade.planning import Prepared
from avnwizard.ui import review_lines
from avnwizard.ui.bridge import Ending
from avnwizard.ui.marks import OK
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.plan_page import PlanPage
from avnwizard.ui.screens.run import RunPage


class RedoPage(PlanPage):
    """Shows what undoing a rollback takes; starts it.

    Args:
        rollback: the id of the rollback.
    """

    EXPLAINED = (
        "This takes the last rollback back: the release is put in place once more, with the databases as they were "
        "when it was rolled back. The rollback kept them under another name.\n\n"
        "What users wrote since the rollback is not in them. It is set aside under another name in its turn, and "
        "nothing is deleted.\n\n"
        "Move through the steps: below each stand the exact commands, what your users may notice, and what going "
        "back would cost. PageUp and PageDown scroll that part.\n\n"
        "It can be done as long as no other run came after the rollback. Enter asks you to type the release's name; "
        "then the run begins. It can be rolled back like the upgrade before it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "go_on", "Start ...", key_display="Enter")]

    def __init__(self, rollback: str) -> None:
        super().__init__()
        self._rollback = rollback
        self._prepared: Prepared | None = None

    @property
    def plan(self) -> Plan | None:
        """That of the upgrade that was rolled back, with other databases."""
        return self._prepared.plan if self._prepared else None

    def heading(self) -> str:
        """What it does."""
        return "Undo the rollback"

    def summary(self, plan: Plan, width: int) -> Content:
        """What comes back, before what the plan comes to."""
        return review_lines.summary(plan, width, self.key_of("changes"), first=redo_told(plan, brief=True))

    def on_mount(self) -> None:
        """See whether it can be done, and what it takes."""
        super().on_mount()
        self.tell("Looking at what the rollback kept ...")
        self.ask_host(self._look, self._show)

    def _look(self) -> Prepared:
        journal = self.host.journal()
        return prepare_redo(self.host, journal, journal.run(self._rollback))

    def _show(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self.show_plan()
        self.tell("What the rollback kept is there. Read the steps, then press Enter to start.", OK)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to start, to look at or to find before there is a plan."""
        return self._prepared is not None or action not in {"go_on", "changes", "find"}

    def action_go_on(self) -> None:
        """Ask for the tag."""
        if plan := self.plan:
            told = " ".join(redo_told(plan))
            self.app.push_screen(ConfirmName(told, plan.target.tag, "start"), self._confirmed)

    def _confirmed(self, sure: bool | None) -> None:
        if not sure or not self._prepared:
            return
        prepared = self._prepared
        self.tell("Starting ...")

        def begin() -> tuple[str, Ending]:
            run = launch.create_upgrade(self.host, prepared)
            return run, launch.start(self.host, run)

        self.ask_host(begin, self._begun)

    def _begun(self, begun: tuple[str, Ending]) -> None:
        self.choices.forget()
        self.wizard.open_alone(RunPage(*begun))

"""Rollback: what will be undone, whether the databases go back and why, and what would be set aside."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain.going_back import things
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan, from_json
from avnwizard.engine.records import RunRecord
from avnwizard.errors import BusyError
from avnwizard.flows import launch
from avnwizard.flows import rollback as flow
from avnwizard.ui import words
from avnwizard.ui.bridge import Ending
from avnwizard.ui.marks import NOTE, OK
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.page import Page
from avnwizard.ui.widgets.facts import Fact, Facts

Found = tuple[RunRecord, Plan, flow.RollbackPlan]


class RollbackPage(Page):
    """Shows the way back of one run; starts it."""

    CSS_PATH = "rollback.tcss"
    AUTO_FOCUS = "VerticalScroll"
    EXPLAINED = (
        "Going back is a run of its own: the files first, then the databases if the schema has moved, then "
        "the services.\n\n"
        "Where the databases must go back, the snapshot is restored beside them, compared, and swapped in. "
        "The databases as they are now are kept under another name: what was written since the snapshot is "
        "set aside, not deleted.\n\n"
        "Enter asks you to type the name of the release that you go back to."
    )

    def __init__(self, run: str) -> None:
        super().__init__()
        self.run_id = run
        self.found: Found | None = None

    def heading(self) -> str:
        """What is undone."""
        return "Roll back"

    def body(self) -> ComposeResult:
        """The verdict, the facts."""
        yield Static(id="verdict", classes="pane", markup=False)
        with VerticalScroll():
            yield Facts(id="facts", label_width=12)

    def on_mount(self) -> None:
        """Decide what going back takes."""
        super().on_mount()
        self.tell("Comparing the databases with the snapshot ...")
        self.ask_host(self._look, self._show)

    def _look(self) -> Found:
        journal = self.host.journal()
        run = journal.run(self.run_id)
        if launch.is_live(self.host, run.id):
            raise BusyError(f"Run {run.id} is live.", "Abort it first: a on its screen.")
        return run, from_json(run.plan), flow.plan_rollback(self.host, journal, run)

    def _show(self, found: Found) -> None:
        self.found = found
        run, plan, back = found
        self.tell("")
        mark = NOTE if back.restore else OK
        how = "The databases go back to the snapshot" if back.restore else "The databases stay as they are"
        self.query_one("#verdict", Static).update(
            Content.assemble((f"{mark.sign} {how}: ", mark.style), printable(back.why, limit=400), ".")
        )
        self.query_one(Facts).show(_facts(run, plan, back))
        self.show_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to start before it is known what it takes."""
        return self.found is not None if action == "go_on" else True

    def action_go_on(self) -> None:
        """Ask for the tag."""
        if not self.found:
            return
        _, plan, back = self.found
        what = f"This goes back from {plan.target.tag} to {plan.current.tag}."
        if back.restore:
            what += " The services that use the databases are stopped while these are swapped."
        self.app.push_screen(ConfirmName(what, plan.current.tag, "roll back"), self._confirmed)

    def _confirmed(self, sure: bool | None) -> None:
        if not sure or not self.found:
            return
        run, _, back = self.found
        self.tell("Starting ...")

        def begin() -> tuple[str, Ending]:
            new = launch.create_rollback(self.host, run, back)
            return new, launch.start(self.host, new)

        self.ask_host(begin, self._begun)

    def _begun(self, begun: tuple[str, Ending]) -> None:
        from avnwizard.ui.screens.run import RunPage

        self.choices.forget()
        self.wizard.open_alone(RunPage(*begun))


def _facts(run: RunRecord, plan: Plan, back: flow.RollbackPlan) -> list[Fact]:
    facts: list[Fact] = [
        ("Undoes", Content(f"{printable(run.title, limit=60)} ({printable(run.id)}, {run.state})")),
        ("Back to", Content(f"{printable(plan.current.tag)} of {words.day(plan.current.date)}")),
        ("Files", Content(_files(back.steps))),
    ]
    if back.restore:
        facts.append(("Snapshot", Content(printable(back.snapshot))))
        lost = dict(back.cost.lost)
        for number, name in enumerate(back.databases):
            since = things(lost[name]) if name in lost else "rows that nobody counted"
            facts.append(("Databases" if not number else "", Content(f"{printable(name, limit=40)}: {since}")))
        facts.append(("", Content("all of it is set aside, kept under another name, not deleted")))
        facts.append(("Stopped", Content(printable(", ".join(back.stop), limit=400))))
    same = {part.service for part in plan.services if part.strategy == "skip"}
    services = [f"{name} ({how})" for name, how in back.services if name not in same]
    facts.append(("Services", Content(printable(", ".join(services) or "none was touched", limit=900))))
    if back.retire:
        facts.append(("Removed", Content(printable(", ".join(back.retire), limit=200))))
    return facts


def _files(steps: tuple[str, ...]) -> str:
    told = {"checkout": "the checkout", "env": "the env file", "pull": "the images"}
    found = [words_ for name, words_ in told.items() if name in steps]
    return f"{', '.join(found)} go back" if found else "none was touched"

"""Rollback: what will be undone, whether the databases go back and why, and what would be set aside."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain import words
from avnwizard.domain.going_back import sentence, things
from avnwizard.domain.handled import HANDLED
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan, from_json
from avnwizard.engine.records import RunRecord
from avnwizard.errors import BusyError
from avnwizard.flows.holding import is_live
from avnwizard.flows.rollback.plan import RollbackOptions, RollbackPlan
from avnwizard.flows.run import going_back, launch
from avnwizard.flows.stack.former_images import of_before
from avnwizard.ui.bridge import Ending
from avnwizard.ui.marks import NOTE, OK
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.page import Page
from avnwizard.ui.widgets.facts import Fact, Facts

Found = tuple[RunRecord, Plan, RollbackPlan]


class RollbackPage(Page):
    """Shows the way back of one run; starts it."""

    CSS_PATH = "rollback.tcss"
    AUTO_FOCUS = "VerticalScroll"
    EXPLAINED = (
        "Going back is a run of its own: the files first, then the databases if the schema has moved, then "
        "the services.\n\n"
        "Where the databases must go back, the snapshot is restored alongside them, compared, and swapped in. "
        "The databases as they are now are kept under another name: what was written since the snapshot is "
        "set aside, not deleted.\n\n"
        "The databases go back only where the old code cannot work on what they became. r puts them back all the "
        "same. s dumps the tables that were written to since once more, into the snapshot's folder.\n\n"
        "Enter asks you to type the name of the release that you go back to."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Roll back ...", key_display="Enter"),
        Binding("s", "save_rows", "Also dump changed tables", id="save-rows"),
        Binding("r", "restore", "Databases too", id="databases"),
    ]

    def __init__(self, run: str) -> None:
        super().__init__()
        self.run_id = run
        self.found: Found | None = None
        self.rollback_options = RollbackOptions()

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
        self._ask()

    def _ask(self) -> None:
        self.tell("Comparing the databases with the snapshot ...")
        self.ask_host(self._look, self._show)

    def _look(self) -> Found:
        journal = self.host.journal()
        run = journal.run(self.run_id)
        if is_live(self.host, run.id):
            raise BusyError(f"Run {run.id} is live.", "Abort it first, on its own screen.")
        return run, from_json(run.plan), going_back.plan_going_back(self.host, journal, run, self.rollback_options)

    def _show(self, found: Found) -> None:
        self.found = found
        run, plan, back = found
        self.tell("")
        mark = NOTE if back.restore or back.consent or back.cost.stays else OK
        how = "The databases go back to the snapshot" if back.restore else "The databases stay as they are"
        self.query_one("#verdict", Static).update(
            Content.assemble(
                (f"{mark.sign} {how}: ", mark.style),
                "you chose it; " if back.chosen else "",
                printable(back.why, limit=400),
                ".\n",
                (_capital(sentence(back.cost, self.host.clock.now())), "bold"),
                ".",
            )
        )
        self.query_one(Facts).show(_facts(run, plan, back, self.key_of("save-rows")))
        self.show_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to start before it is known what it takes; only the dearer way can be chosen."""
        back = self.found[2] if self.found else None
        match action:
            case "go_on":
                return back is not None
            case "restore":
                return back is not None and bool(back.snapshot) and (not back.restore or back.chosen)
            case "save_rows":
                return back is not None and back.restore
            case _:
                return True

    def words_for(self, binding: Binding) -> str:
        """A second press takes a wish back."""
        back = self.found[2] if self.found else None
        if back and binding.action == "restore" and back.chosen:
            return "Databases stay"
        if back and binding.action == "save_rows" and back.save_rows:
            return "Dump no tables"
        return super().words_for(binding)

    def action_restore(self) -> None:
        """Put the databases back too, or not."""
        self.rollback_options = replace(self.rollback_options, restore=not self.rollback_options.restore)
        self._ask()

    def action_save_rows(self) -> None:
        """Dump the tables that were written to, or not."""
        assert self.found
        self.rollback_options = replace(self.rollback_options, save_rows=not self.found[2].save_rows)
        self._ask()

    def action_go_on(self) -> None:
        """Ask for the tag."""
        if not self.found:
            return
        _, plan, back = self.found
        what = f"This goes back from {plan.target.tag} to {plan.current.tag}."
        if back.restore:
            what += " The services that use the databases are stopped while these are swapped."
        what = " ".join((what, *(text for _, text in back.consent)))
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


def _facts(run: RunRecord, plan: Plan, back: RollbackPlan, save_key: str) -> list[Fact]:
    facts: list[Fact] = [
        ("Undoes", Content(f"{printable(run.title, limit=60)} ({printable(run.id)}, {run.state})")),
        ("Back to", Content(f"{printable(plan.current.tag)} of {words.day(plan.current.date)}")),
        ("Files", Content(_files(back.steps))),
    ]
    if images := list(of_before(back.fetch, back.borrowed)):
        facts.append(("Images", Content("\n".join(images))))
    facts += _databases(back, save_key)
    if back.roles and (back.roles.repaired or back.roles.left):
        facts.append(("Roles", Content("\n".join((*back.roles.repaired, *back.roles.left)))))
    facts += [("Agree to", _warned(text)) for _, text in back.consent]
    facts += [("Stays", _warned(f"{service}: {why}")) for service, why in back.stay]
    services = [printable(f"{HANDLED[how]}: {', '.join(names)}", limit=900) for how, names in back.altered.items()]
    facts.append(("Services", Content("\n".join(services) or "none was touched")))
    if back.retire:
        facts.append(("Removed", Content(printable(", ".join(back.retire), limit=200))))
    if back.gone:
        facts.append(("Stays away", Content(printable(", ".join(back.gone), limit=200))))
    return facts + [("Note", _warned(text)) for text in back.notes]


def _warned(text: str) -> Content:
    return Content.assemble((f"{NOTE.sign} ", NOTE.style), printable(text, limit=600))


def _databases(back: RollbackPlan, save_key: str) -> Iterator[Fact]:
    """What becomes of the rows: those written since by database, or that they stay."""
    written = [(name, found) for name, found in back.cost.lost if found.tables or not found.exact]
    if not back.restore:
        kept = things(back.cost.written)
        yield "Databases", Content(f"stay, and with them {kept} since the snapshot" if written else "stay")
        return
    yield "Snapshot", Content(printable(back.snapshot))
    lines = [f"{printable(name, limit=40)}: {things(found)}" for name, found in written]
    if quiet := len(back.databases) - len(written):
        rest = "in the other " if written else "in "
        lines.append(f"{rest}{words.count(quiet, 'database')}: nothing since the snapshot")
    yield "Written", Content("\n".join(lines) or "nothing since the snapshot")
    yield "Kept", Content(f"{printable(', '.join(back.databases), limit=200)}, as they are now, under another name")
    saved = (
        "the tables that changed since, in the snapshot's folder"
        if back.save_rows
        else f"no tables; {save_key} also dumps those that changed"
    )
    yield "Saved", Content(saved)
    yield (
        "Restored",
        Content(f"alongside the live ones, for {back.cost.beside}; users are interrupted from the swap on"),
    )
    yield "Stopped", Content(printable(", ".join(back.stopped) or "none", limit=400))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _files(steps: tuple[str, ...]) -> str:
    told = {"checkout": "the checkout", "env": "the env file", "pull": "the images"}
    found = [words_ for name, words_ in told.items() if name in steps]
    return f"{', '.join(found)} go back" if found else "none was touched"

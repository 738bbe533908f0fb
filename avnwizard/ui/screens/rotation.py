"""One secret: the phases of its rotation, what the next one means, and how it is started."""

from collections.abc import Iterator
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain.plain import printable
from avnwizard.domain.rotation.kinds import KINDS, What
from avnwizard.flows.rotate.outlook import Next, next_phase
from avnwizard.flows.rotate.planning import Prepared
from avnwizard.flows.run import launch
from avnwizard.flows.run.orders import order_rotation
from avnwizard.planned import PlannedStep
from avnwizard.ui.bridge import Ending
from avnwizard.ui.marks import DONE, NOTE, OK, PENDING, RUNNING
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.page import Page
from avnwizard.ui.widgets.facts import Fact, Facts


class RotationPage(Page):
    """Shows the next phase of a secret's rotation; starts it.

    Args:
        what: the secret, a key of `KINDS`.
    """

    CSS_PATH = "rotation.tcss"
    AUTO_FOCUS = "VerticalScroll"
    EXPLAINED = (
        "Above are the phases of this secret's rotation and what the next one means for those who are signed in "
        "now; below them every step with its commands. Each phase is a run of its own, and its way back is the "
        "phase before.\n\n"
        "Enter asks you to type the name of the stack, and starts the phase.\n\n"
        "A phase that would end tokens or sessions is refused until nothing needs the old secret any more. d ends "
        "them now: it asks you to type how many that are, and people sign in again."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("d", "drop_early", "Drop early", id="drop-early")]

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = cast("What", what)
        self.found: Next | None = None

    def heading(self) -> str:
        """Whose secret it is."""
        return f"Rotate {KINDS[self.what].title}"

    def body(self) -> ComposeResult:
        """The verdict, the facts."""
        yield Static(id="verdict", classes="pane", markup=False)
        with VerticalScroll():
            yield Facts(id="facts", label_width=10)

    def on_mount(self) -> None:
        """Plan the next phase."""
        super().on_mount()
        self.tell("Looking what the next phase means ...")
        self.ask_host(lambda: next_phase(self.host, self.what), self._show)

    def _show(self, found: Next) -> None:
        self.found = found
        self.tell("")
        self.query_one("#verdict", Static).update(_verdict(found))
        self.query_one(Facts).show(list(_facts(found)))
        self.show_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be started now."""
        if action == "go_on":
            return bool(self.found and self.found.prepared)
        if action == "drop_early":
            return bool(self.found and self.found.ends and not self.found.prepared)
        return True

    def words_for(self, binding: Binding) -> str:
        """Which phase Enter starts."""
        if binding.action == "go_on" and self.found:
            return f"Start phase {self.found.done + 1}"
        return super().words_for(binding)

    def action_go_on(self) -> None:
        """Have the stack's name typed."""
        if not self.check_action("go_on", ()) or not self.found or not self.found.prepared:
            return
        prepared, name = self.found.prepared, self.host.stack.project.name
        what = f"{_capital(prepared.plan.title)}: {self.found.kind.means[self.found.done]}."
        self.app.push_screen(ConfirmName(what, name, "start"), lambda sure: self._start(prepared) if sure else None)

    def action_drop_early(self) -> None:
        """Have the number of those typed whom it signs out."""
        if not self.check_action("drop_early", ()) or not self.found:
            return
        ends = self.found.ends
        what = f"{ends:,} tokens and sessions end at once, and those who hold them sign in again. {self.found.hint}"
        self.app.push_screen(
            ConfirmName(what, str(ends), "end them"), lambda sure: self._drop(ends) if sure else None
        )

    def _drop(self, ends: int) -> None:
        def then(found: Next) -> None:
            if found.prepared:
                self._start(found.prepared)
            else:  # some have expired since, or others came
                self._show(found)

        self.tell("Counting again ...")
        self.ask_host(lambda: next_phase(self.host, self.what, ends=ends), then)

    def _start(self, prepared: Prepared) -> None:
        self.tell("Starting ...")

        def begin() -> tuple[str, Ending]:
            run = order_rotation(self.host, prepared)
            return run, launch.start(self.host, run)

        self.ask_host(begin, self._begun)

    def _begun(self, begun: tuple[str, Ending]) -> None:
        from avnwizard.ui.screens.run import RunPage

        self.wizard.open_alone(RunPage(*begun))


def _verdict(found: Next) -> Content:
    if found.prepared is None:
        return Content.assemble((f"{NOTE.sign} {found.refused}\n", NOTE.style), found.hint)
    phases, number = found.kind.phases, found.done + 1
    of = f"Phase {number} of {phases} can begin" if phases > 1 else "This can begin"
    return Content.assemble((f"{OK.sign} {of}", OK.style), f": {found.kind.means[found.done]}.")


def _facts(found: Next) -> Iterator[Fact]:
    for number, text in enumerate(found.kind.means):
        mark = DONE if number < found.done else RUNNING if number == found.done else PENDING
        line = Content.assemble((f"{mark.sign} {number + 1} ", mark.style), text)
        yield ("Phases" if not number else ""), line
    if found.prepared is None:
        return
    plan = found.prepared.plan
    yield "Secret", Content(printable(f"{plan.variable} in {plan.file.name}" if plan.variable else plan.file.name))
    for number, note in enumerate(plan.notes):
        yield (
            ("Means" if not number else ""),
            Content.assemble((f"{NOTE.sign} ", NOTE.style), printable(note, limit=600)),
        )
    yield "", Content("")
    for number, step in enumerate(plan.stack.steps):
        yield ("Steps" if not number else ""), _step(step)


def _step(step: PlannedStep) -> Content:
    lines: list[Content] = [Content.styled(printable(step.title, limit=120), "bold")]
    texts = (step.note, step.interrupts, f"Going back: {step.going_back}" if step.going_back else "")
    lines += [Content.assemble("  ", (printable(text, limit=300), "dim")) for text in texts if text]
    lines += [Content.assemble(("  $ ", "dim"), (printable(" ".join(one)), "$accent")) for one in step.commands]
    return Content("\n").join(lines)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

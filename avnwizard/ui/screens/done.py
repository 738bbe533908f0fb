"""Done: what changed, how long it took, where everything is, and what to look at tomorrow."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.domain.probing.words import kind_told
from avnwizard.errors import WizardError
from avnwizard.flows.canary.memory import load as load_canary
from avnwizard.flows.flow import Outcome
from avnwizard.flows.run import acceptance
from avnwizard.flows.run.registry import flow_of
from avnwizard.ui.marks import NOTE, OK, STOP
from avnwizard.ui.run_view import Probe, RunView
from avnwizard.ui.screens.ask import Ask
from avnwizard.ui.screens.log import LogPage
from avnwizard.ui.screens.page import Page
from avnwizard.ui.settling import Settling
from avnwizard.ui.widgets.facts import Fact, Facts


class DonePage(Page):
    """The end of a run."""

    CSS_PATH = "done.tcss"
    AUTO_FOCUS = "VerticalScroll"
    EXPLAINED = (
        "The run is over. Its report is a file to attach to the change ticket; l shows what its steps said. A "
        "snapshot that was taken stays until you remove it.\n\n"
        "If something turns up later, the first screen offers to roll this upgrade back. The images that ran before "
        "are kept for that until you accept the upgrade: with k, or by the next one. Pruning all unused images "
        "removes them all the same; a rollback then pulls them again, if their registry still has them."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Close", key_display="Enter"),
        Binding("k", "accept", "Accept", id="accept-upgrade"),
        Binding("l", "log", "Log", id="log"),
    ]

    def __init__(self, view: RunView) -> None:
        super().__init__()
        self.view = view
        self.accepted = False
        self._broken: tuple[str, ...] = ()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only an upgrade that is not accepted yet can be."""
        if action != "accept":
            return True
        record = self.view.record
        return flow_of(record).keeps_images and record.state == "done" and not self.accepted

    def action_log(self) -> None:
        """Show all that was said."""
        self.app.push_screen(LogPage(lambda: self.view))

    def action_accept(self) -> None:
        """Let go of the old images, once it was said what that gives up."""
        if not self.check_action("accept", ()) or not self.is_meant():
            return

        def look() -> str:
            journal = self.host.journal()
            waiting = acceptance.waiting(journal, journal.run(self.view.record.id))
            return acceptance.given_up(journal, waiting) if waiting else ""

        self.ask_host(look, self._ask)

    def _ask(self, given_up: str) -> None:
        if not given_up:
            self._accepted(0)
            return
        question = f"Accept {printable(self.view.record.title, limit=60)}? {given_up}"
        self.app.push_screen(Ask(question, yes="accept", no="keep the images"), self._accept)

    def _accept(self, sure: bool | None) -> None:
        def accept() -> int:
            journal = self.host.journal()
            return acceptance.accept(self.host, journal, journal.run(self.view.record.id))

        if sure:
            self.ask_host(accept, self._accepted)

    def _accepted(self, count: int) -> None:
        self.accepted = True
        told = f"{count} kept images may be pruned now" if count else "nothing was kept any more"
        self.tell(f"Accepted: {told}; the snapshot stays.", OK)
        self.show_keys()

    def heading(self) -> str:
        """What was done."""
        return printable(self.view.record.title, limit=60)

    def body(self) -> ComposeResult:
        """The verdict, the facts."""
        flow, mark = flow_of(self.view.record), OK
        verdict = f"This {flow.noun} was rolled back" if self.view.record.state == "undone" else flow.finished
        self._broken = self._no_longer_works()
        if self._broken:
            verdict, mark = f"{verdict}, but not everything works as before", STOP
        took = words.duration(self.view.elapsed(self.view.record.finished_at))
        yield Static(
            Content.assemble((f"{mark.sign} {verdict}", mark.style), f", in {took}."),
            id="verdict",
            classes="pane",
            markup=False,
        )
        with VerticalScroll():
            yield Facts(id="facts", label_width=12)

    def on_mount(self) -> None:
        """Fill in the facts."""
        super().on_mount()
        self.query_one(Facts).show(self._facts())
        if self.view.began:
            self.settling = Settling(self.wizard.moment)
            self.settling.begin()

    def _facts(self) -> list[Fact]:
        view, outcome = self.view, self._outcome()
        folder = self.host.state.run(view.record.id)
        facts: list[Fact] = [(label, Content(printable(text, limit=200))) for label, text in outcome.facts]
        facts += _requests(view.probe)
        for label, text in zip(["Canary", *[""] * len(self._broken)], self._broken, strict=False):
            facts.append((label, Content.assemble((f"{STOP.sign} ", STOP.style), printable(text, limit=300))))
        if outcome.snapshot:
            facts.append(("Snapshot", Content(printable(outcome.snapshot))))
        facts.append(("Report", Content(printable(str(folder / "report.md")))))
        facts.append(("", Content.assemble(("report.html in the same folder has the plot", "dim"))))
        facts.append(("", Content("")))
        if flow_of(view.record).can_roll_back and view.record.state == "done":
            way = f"Roll back on the first screen, or: avnwizard rollback {view.record.id}"
            facts.append(("Way back", Content(printable(way))))
        labels = ["Tomorrow", *[""] * len(outcome.tomorrow)]
        facts += [(label, Content(text)) for label, text in zip(labels, outcome.tomorrow, strict=False)]
        notes = [printable(text, limit=600) for text in (*outcome.but, *outcome.notes)]
        facts += [("", Content.assemble((f"{NOTE.sign} ", NOTE.style), text)) for text in notes]
        if view.probe and view.probe.lost:
            facts.append(("", Content("see in the report which service lost requests, and when")))
        return facts

    def _no_longer_works(self) -> tuple[str, ...]:
        """What the canary found, a sentence each; () for a run that was taken back."""
        if self.view.record.state != "done":
            return ()
        found = load_canary(self.host.files, self.host.state.run(self.view.record.id))
        return found.sentences() if found else ()

    def _outcome(self) -> Outcome:
        """Nothing where another version planned the run."""
        try:
            return flow_of(self.view.record).outcome(self.host.journal(), self.view.record)
        except WizardError:
            return Outcome()

    def action_go_on(self) -> None:
        """Back to where the stack stands."""
        if self.is_meant():
            self.action_back()


def _requests(probe: Probe | None) -> list[Fact]:
    """What users would have noticed; where nothing was measured, that."""
    if probe is None or not probe.sent:
        return [("Requests", Content("not measured: nobody knows what was lost"))]
    mark = STOP if probe.lost else OK
    lost = f"{probe.lost:,} lost"
    if probe.lost:
        each = sorted(probe.kinds, key=lambda kind: -kind[1])
        named = [f"{count:,} {kind_told(name)}" for name, count in each]
        lost += f" ({kind_told(each[0][0]) if len(each) == 1 else ', '.join(named)})"
    told = Content.assemble(
        (f"{mark.sign} ", mark.style), f"{probe.sent:,} sent, {probe.answered:,} answered, {lost}"
    )
    more = f"longest gap {words.latency(probe.gap_ms)}; p50 {probe.p50_ms:.0f} ms, p99 {probe.p99_ms:.0f} ms"
    facts: list[Fact] = [("Requests", told), ("", Content.assemble((more, "dim")))]
    if probe.turned:
        other = f"{words.count(probe.turned, 'answer')} not as before the run; the report names the routes"
        facts.append(("", Content.assemble((f"{NOTE.sign} ", NOTE.style), other)))
    if probe.alike:
        routes = words.count(probe.alike, "route")
        facts.append(("", Content(f"{routes} answered like another service; the report names them")))
    return facts

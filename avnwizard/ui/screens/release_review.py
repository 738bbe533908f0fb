"""The review where the cluster rolls: what changes, what may be lost, every command. Typing the tag starts it."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain import words
from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError, WizardError
from avnwizard.flows.kubernetes.checking import check_release
from avnwizard.flows.kubernetes.plan import KubePlan
from avnwizard.flows.kubernetes.preparing import PreparedRelease
from avnwizard.flows.kubernetes.shown import Line, lines_of
from avnwizard.flows.run import launch
from avnwizard.flows.run.orders import order_release
from avnwizard.flows.upgrade import drafts
from avnwizard.flows.upgrade.releases import JUMP
from avnwizard.ui.bridge import Ending
from avnwizard.ui.marks import NOTE, OK, STOP
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.page import Page
from avnwizard.ui.screens.run import RunPage

_STYLES = {"yellow": "$warning", "red": "$error", "": ""}


class ReleaseReviewPage(Page):
    """Shows the plan of a release in a cluster; starts it."""

    CSS_PATH = "release_review.tcss"
    AUTO_FOCUS = "VerticalScroll"
    STAGE = "Review"
    EXPLAINED = (
        "The whole plan. Nothing was changed so far.\n\n"
        "What the release changes is compared object by object, as the cluster itself renders the chart with your "
        "values as they will be. Below it stands, for each workload whose pods are replaced, whether requests may be "
        "lost and why; then every step with its commands.\n\n"
        "Enter asks you to type the release's name; then the run begins. It runs by itself: closing the "
        "terminal does not stop it, and you can come back to it with avnwizard."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Start ...", key_display="Enter"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._findings: tuple[Finding, ...] | None = None

    @property
    def prepared(self) -> PreparedRelease:
        """The frozen plan, and what belongs to it."""
        found = self.choices.upgrade.release
        assert found is not None
        return found

    def body(self) -> ComposeResult:
        """What it comes to, then the plan."""
        yield Static(id="sum", classes="pane", markup=False)
        with VerticalScroll():
            yield Static(id="plan", markup=False)

    def on_mount(self) -> None:
        """Show the plan, and check the release once more."""
        super().on_mount()
        plan = self.prepared.plan
        self.query_one("#sum", Static).update(_summary(plan))
        self.query_one("#plan", Static).update(_text(lines_of(self.host, plan)))
        self.tell("Checking the release once more ...")
        self.ask_host(lambda: check_release(self.host), self._checked)

    def _checked(self, findings: tuple[Finding, ...]) -> None:
        self._findings = findings
        if stops := [one for one in findings if one.level == "stop"]:
            more = f" (and {len(stops) - 1} more)" if stops[1:] else ""
            self.tell(f"Cannot start: {stops[0].message}{more} {stops[0].hint}", STOP)
        else:
            self.tell("The release is fit for it. Read the plan, then press Enter to start.", OK)

    def action_go_on(self) -> None:
        """Ask for the tag, once the check is through."""
        if self._findings is None:
            return
        if any(one.level == "stop" for one in self._findings):
            self._checked(self._findings)
            return
        plan = self.prepared.plan
        assert plan.move is not None
        way = f"from {printable(plan.move.current.tag)} to {printable(plan.move.target.tag)}"
        what = f"This upgrades {printable(plan.place.release)} in {printable(plan.place.namespace)} {way}."
        if not plan.snapshot.taken:
            what += " No snapshot is taken: what a migration changes in a database stays."
        word = plan.move.target.tag
        if jump := next((item for item in plan.breaking if item.id == JUMP), None):
            what, word = f"{what} {jump.title}", f"jump to {word}"
        self.app.push_screen(ConfirmName(what, word, "start"), self._confirmed)

    def _confirmed(self, sure: bool | None) -> None:
        if not sure:
            return
        prepared = self.prepared
        self.tell("Starting ...")

        def begin() -> tuple[str, Ending]:
            run = order_release(self.host, prepared)
            return run, launch.start(self.host, run)

        self.ask_host(begin, self._begun, self._not_begun)

    def _begun(self, begun: tuple[str, Ending]) -> None:
        run, process = begun
        move = self.prepared.plan.move
        target = move.target.tag if move else ""
        self.ask_host(lambda: drafts.forget(self.host, target), lambda _: None, lambda _: None)
        self.choices.forget()
        self.wizard.open_alone(RunPage(run, process))

    def _not_begun(self, error: WizardError) -> None:
        if isinstance(error, RefusedError):
            self.choices.upgrade = self.choices.upgrade.without_plan()
        self.refuse(error)


def _summary(plan: KubePlan) -> Content:
    """How many workloads are replaced, and how many of them may lose requests."""
    lossy = [one for one in plan.rolls if one.losses]
    mark, said = (NOTE, f"{len(lossy)} may lose requests") if lossy else (OK, "none should lose a request")
    many = words.count(len(plan.rolls), "workload")
    edits = f"{words.count(len(plan.values), 'value')} edited; " if plan.values else ""
    return Content.assemble(f"{edits}the pods of {many} are replaced: ", (f"{mark.sign} {said}", mark.style), ".")


def _text(lines: Iterator[Line]) -> Content:
    return Content("\n").join(
        [Content.assemble((printable(text, limit=400), _STYLES[style])) for text, style in lines]
    )

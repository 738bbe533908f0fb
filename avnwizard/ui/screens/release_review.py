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
from avnwizard.domain.plan import Breaking
from avnwizard.flows.kubernetes.checking import check_release
from avnwizard.flows.kubernetes.plan import KubePlan
from avnwizard.flows.kubernetes.preparing import PreparedRelease
from avnwizard.flows.kubernetes.shown import Line, lines_of
from avnwizard.flows.run.orders import order_release
from avnwizard.ui.marks import NOTE, OK
from avnwizard.ui.screens.starting import StartingPage

_STYLES = {"yellow": "$warning", "red": "$error", "": ""}


class ReleaseReviewPage(StartingPage):
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

    CHECKS = "Checking the release once more ..."
    FIT = "The release is fit for it. Read the plan, then press Enter to start."

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
        self.check_again()

    @property
    def target(self) -> str:
        """The tag to which the checkout moves."""
        move = self.prepared.plan.move
        assert move is not None
        return move.target.tag

    @property
    def breaking(self) -> tuple[Breaking, ...]:
        """What was acknowledged."""
        return self.prepared.plan.breaking

    def look(self) -> tuple[Finding, ...]:
        """Check the release."""
        return check_release(self.host)

    def asks(self) -> str:
        """From what to what, and what no snapshot means."""
        plan = self.prepared.plan
        assert plan.move is not None
        way = f"from {printable(plan.move.current.tag)} to {printable(self.target)}"
        what = f"This upgrades {printable(plan.place.release)} in {printable(plan.place.namespace)} {way}."
        lost = " No snapshot is taken: what a migration changes in a database stays."
        return what if plan.snapshot.taken else f"{what}{lost}"

    def order(self, findings: tuple[Finding, ...]) -> str:
        """Write the run down."""
        del findings
        return order_release(self.host, self.prepared)


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

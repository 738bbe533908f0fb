"""How a review ends in a run: checked once more, confirmed by typing the release's name, started."""

from typing import ClassVar

from avnwizard.domain.findings import Finding
from avnwizard.domain.plan import Breaking
from avnwizard.errors import RefusedError, WizardError
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import drafts
from avnwizard.flows.upgrade.releases import JUMP
from avnwizard.ui.bridge import Ending
from avnwizard.ui.marks import OK, STOP
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.page import Page
from avnwizard.ui.screens.run import RunPage


class StartingPage(Page):
    """A review of a frozen plan to a release.

    Attributes:
        CHECKS: what is said while the check runs.
        FIT: what is said when nothing stands in the way.
        findings: what the check found; None while it runs, when nothing starts.
    """

    CHECKS: ClassVar[str]
    FIT: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.findings: tuple[Finding, ...] | None = None

    @property
    def target(self) -> str:
        """The release's tag."""
        raise NotImplementedError

    @property
    def breaking(self) -> tuple[Breaking, ...]:
        """What was acknowledged."""
        raise NotImplementedError

    def look(self) -> tuple[Finding, ...]:
        """Check what is to be upgraded; not on the screen's own thread."""
        raise NotImplementedError

    def asks(self) -> str:
        """What the operator is asked to confirm; "" where something is to be decided first, and was asked for."""
        raise NotImplementedError

    def order(self, findings: tuple[Finding, ...]) -> str:
        """Write the run into the journal; its name. Not on the screen's own thread."""
        raise NotImplementedError

    def check_again(self) -> None:
        """Have it looked at, while the plan is read."""
        self.tell(self.CHECKS)
        self.ask_host(self.look, self.checked)

    def checked(self, findings: tuple[Finding, ...]) -> None:
        """Say what stands in the way, if anything does."""
        self.findings = findings
        if stops := [one for one in findings if one.level == "stop"]:
            more = f" (and {len(stops) - 1} more)" if stops[1:] else ""
            self.tell(f"Cannot start: {stops[0].message}{more} {stops[0].hint}", STOP)
        else:
            self.tell(self.FIT, OK)

    def action_go_on(self) -> None:
        """Ask for the tag, once the check is through."""
        if self.findings is None:
            return
        if any(one.level == "stop" for one in self.findings):
            self.checked(self.findings)
            return
        if what := self.asks():
            word = self.target
            if jump := next((item for item in self.breaking if item.id == JUMP), None):
                what, word = f"{what} {jump.title}", f"jump to {word}"
            self.app.push_screen(ConfirmName(what, word, "start"), self._confirmed)

    def _confirmed(self, sure: bool | None) -> None:
        if not sure:
            return
        findings = self.findings or ()
        self.tell("Starting ...")

        def begin() -> tuple[str, Ending]:
            run = self.order(findings)
            return run, launch.start(self.host, run)

        self.ask_host(begin, self._begun, self._not_begun)

    def _begun(self, begun: tuple[str, Ending]) -> None:
        run, process = begun
        target = self.target
        self.ask_host(lambda: drafts.forget(self.host, target), lambda _: None, lambda _: None)
        self.choices.forget()
        self.wizard.open_alone(RunPage(run, process))

    def _not_begun(self, error: WizardError) -> None:
        if isinstance(error, RefusedError):
            self.choices.upgrade = self.choices.upgrade.without_plan()
        self.refuse(error)

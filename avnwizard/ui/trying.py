"""A rehearsal from the review: what it takes is asked of the stack and shown, then it runs and is watched."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.flows.holding import require_free
from avnwizard.flows.rehearse.planning import PreparedRehearsal, plan_rehearsal
from avnwizard.flows.run import launch
from avnwizard.flows.run.orders import order_rehearsal
from avnwizard.flows.upgrade.inputs import UpgradeInputs
from avnwizard.ui.bridge import Ending
from avnwizard.ui.screens.ask import Ask
from avnwizard.ui.screens.page import Page
from avnwizard.ui.screens.run import RunPage

if TYPE_CHECKING:
    from avnwizard.flows.upgrade.planning import Prepared
    from avnwizard.ui.state import Upgrade

_NAMED = 3
"""So many of the services that are left out are named in the question."""


def try_release(page: Page, upgrade: "Upgrade", prepared: "Prepared", *, started: Callable[[], None]) -> None:
    """Ask whether the release shall be rehearsed, then do it.

    Args:
        page: is shown again once the run's screens are left.
        started: called when the rehearsal runs, before it is shown.
    """

    def plan() -> PreparedRehearsal:
        require_free(page.host)
        assert isinstance(upgrade.draft, UpgradeInputs)
        return plan_rehearsal(page.host, upgrade.draft, prepared)

    page.tell("Looking at what a rehearsal takes ...")
    page.ask_host(plan, lambda found: _ask(page, found, started))


def _ask(page: Page, found: PreparedRehearsal, started: Callable[[], None]) -> None:
    page.tell("")

    def begin() -> tuple[str, Ending]:
        run = order_rehearsal(page.host, found)
        return run, launch.start(page.host, run)

    def watch(begun: tuple[str, Ending]) -> None:
        started()
        page.app.push_screen(RunPage(*begun))

    def decided(sure: bool | None) -> None:
        if sure:
            page.tell("Starting the rehearsal ...")
            page.ask_host(begin, watch)

    page.app.push_screen(Ask(_question(found), yes="rehearse", no="not now"), decided)


def _question(found: PreparedRehearsal) -> str:
    plan = found.plan
    data = f"a copy of {words.size(plan.total_bytes)} of data" if plan.data else "no data"
    said = (
        f"Rehearse {printable(plan.tag, limit=40)} on an isolated copy of this stack? "
        f"{words.count(len(plan.target), 'service')} start in a project of their own with {data}; "
        f"that takes {words.size(plan.needed_bytes)} of disk for the while. The live stack is only read."
    )
    if plan.left_out:
        named = [printable(one.service, limit=40) for one in plan.left_out[:_NAMED]]
        more = len(plan.left_out) - len(named)
        rest = f" and {more} more" if more else ""
        said += f" Left out, because no copy of them can be isolated: {', '.join(named)}{rest}."
    return said

"""Parts of a walk through the wizard on a Helm release, simulated or real."""

from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from avnwizard.ui.screens.ask import Ask
from avnwizard.ui.screens.stand import StandPage
from avnwizard.ui.widgets.rows import Rows
from screenshots.scenes import press
from tests.ui.conftest import seen


async def take_back(pilot: Pilot[int], over: Callable[[Pilot[int]], Awaitable[object]]) -> None:
    """From the end of the run to the first screen, and the run taken back from there.

    Args:
        over: waits until the run on the screen is over.
    """
    app = pilot.app
    while not isinstance(app.screen, StandPage):
        await press(pilot, "escape")
    assert "Roll back" in seen(pilot)
    while app.screen.query_one("#menu", Rows).chosen != "rollback":
        await press(pilot, "down")
    await press(pilot, "enter")
    assert isinstance(app.screen, Ask)
    assert "hook changed in a database" in " ".join(seen(pilot).split())
    await press(pilot, "enter")
    await over(pilot)

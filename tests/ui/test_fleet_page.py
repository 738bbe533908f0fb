"""The stacks of a fleet side by side, as an operator sees them while requests are moved."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from avnwizard.ui.app import WizardApp
from avnwizard.ui.screens.fleet import FleetPage
from avnwizard.ui.widgets.rows import Rows
from screenshots.scenes import press, settle, unhurried
from tests.practice.fleet_world import made
from tests.ui.conftest import SMALL, USUAL, seen


async def _until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        await pilot.pause(0.1)
    pytest.fail(seen(pilot))


async def test_the_stacks_side_by_side() -> None:
    """Release, share, connections and who serves, of each; what the balancer is ordered shows; nothing overflows."""
    with made() as world:
        host = world.host()
        for size in (USUAL, SMALL):
            world.set_weight(blue=100, green=100)
            app = WizardApp(host, moment=unhurried())
            async with app.run_test(size=size) as pilot:
                await settle(pilot)
                await press(pilot, *["up"] * 9)
                for _ in range(9):
                    if pilot.app.screen.query_one(Rows).chosen == "fleet":
                        break
                    await press(pilot, "down")
                await press(pilot, "enter")
                await settle(pilot)
                assert isinstance(app.screen, FleetPage)
                assert _cells(pilot, "Requests") == ["serves", "serves"]
                assert _cells(pilot, "Share") == ["100 %", "100 %"]
                assert _cells(pilot, "Connections") == ["0", "0"]
                assert _cells(pilot, "Release") == ["v1.5.0", "v1.5.0"]
                assert "blue (leads)" in seen(pilot)
                world.set_weight(blue=0)
                await _until(pilot, lambda: _cells(pilot, "Share") == ["0 %", "100 %"])
                assert _cells(pilot, "Requests") == ["drained", "serves"]
                assert max(map(len, seen(pilot).splitlines())) <= size[0]


def _cells(pilot: Pilot[int], label: str) -> list[str]:
    line = next(line.strip() for line in seen(pilot).splitlines() if line.strip().startswith(label))
    cells = [one.strip(" ✓!✗") for one in line.removeprefix(label).split("  ")]
    return [one for one in cells if one]

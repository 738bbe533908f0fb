"""Deciding on an upgrade by the keys that each page offers, and how many they are."""

from textual.pilot import Pilot

from avnwizard.ui.screens.changelog import ChangelogPage
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.environment import EnvironmentPage
from avnwizard.ui.screens.releases import ReleasesPage
from avnwizard.ui.screens.review import ReviewPage
from avnwizard.ui.screens.snapshot import SnapshotPage
from screenshots.scenes import settle
from tests.ui.conftest import wizard


async def decide(pilot: Pilot[int]) -> int:
    """From the first screen to the question for the name, by the keys that each page offers; how many they were."""
    keys = 0

    async def pressed(key: str, times: int = 1) -> None:
        nonlocal keys
        keys += times
        await pilot.press(*[key] * times)
        await settle(pilot)

    await pressed("enter")
    assert isinstance(pilot.app.screen, ReleasesPage)
    await pressed("enter")
    while isinstance(page := wizard(pilot).screen, ChangelogPage):
        left = len(page.choices.upgrade.open(env=False))
        await pressed("space" if left else "enter", left or 1)
    while isinstance(page := wizard(pilot).screen, EnvironmentPage):
        left = len(page.choices.upgrade.open(env=True))
        await pressed("space" if left else "enter", left or 1)
    assert isinstance(pilot.app.screen, SnapshotPage)
    await pressed("enter")
    assert isinstance(pilot.app.screen, ReviewPage)
    await pressed("enter")
    assert isinstance(pilot.app.screen, ConfirmName)
    return keys

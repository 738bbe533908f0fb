"""The list of releases: a key that comes before it is there is told so."""

import threading

import pytest

from avnwizard.flows.host import Host
from avnwizard.flows.upgrade import releases
from avnwizard.flows.upgrade.releases import Listing
from avnwizard.ui.screens.changelog import ChangelogPage
from avnwizard.ui.screens.releases import ReleasesPage
from screenshots.scenes import press, settle
from tests.ui.conftest import Open, seen


async def test_enter_before_the_list_is_there(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not say that there is no newer release; once the list is there, that is said, and Enter goes on."""
    there, listing = threading.Event(), releases.listing

    def late(host: Host) -> Listing:
        there.wait()
        return listing(host)

    async with opened() as pilot:
        monkeypatch.setattr(releases, "listing", late)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, ReleasesPage)
        await pilot.press("enter")
        await pilot.pause()
        shown = seen(pilot)
        there.set()
        assert "! The releases are still being read." in shown
        assert "The remote's releases are here." not in shown
        await settle(pilot)
        assert "The remote's releases are here." in seen(pilot)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ChangelogPage)

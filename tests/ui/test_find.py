"""`/` narrows a list, on every page that is one."""

from avnwizard.ui.screens.find import Find
from avnwizard.ui.screens.releases import ReleasesPage
from avnwizard.ui.screens.services import ServicesPage
from avnwizard.ui.screens.stand import StandPage
from avnwizard.ui.widgets.rows import Rows
from screenshots.scenes import press
from tests.ui.conftest import Open, seen
from tests.ui.test_runs import until


async def test_a_list_is_narrowed_while_one_types(opened: Open) -> None:
    """Enter keeps what was found, Escape shows all again before it goes back."""
    async with opened() as pilot:
        await press(pilot, "down", "enter")
        await until(pilot, "valkey")
        assert isinstance(pilot.app.screen, ServicesPage)
        rows = pilot.app.screen.query_one(Rows)
        every = rows.found[1]
        await press(pilot, "slash", *"MIGRATE")
        assert isinstance(pilot.app.screen, Find)
        assert rows.found == (4, every)
        assert "4 of 22 rows" in seen(pilot)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ServicesPage)
        assert "valkey" not in seen(pilot)
        assert "migrate" in rows.chosen
        await press(pilot, "escape")
        assert rows.found == (every, every)
        assert "migrate" in rows.chosen
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, StandPage)


async def test_escape_in_the_line_shows_all(opened: Open) -> None:
    """Also where nothing was found: the list is whole again, and Enter opens what is highlighted."""
    async with opened() as pilot:
        await press(pilot, "enter")
        await until(pilot, "v2.0.0")
        assert isinstance(pilot.app.screen, ReleasesPage)
        rows = pilot.app.screen.query_one(Rows)
        chosen = rows.chosen
        await press(pilot, "slash", *"zzz")
        assert rows.found[0] == 0
        await press(pilot, "escape")
        assert rows.found[0] == rows.found[1] > 0
        assert rows.chosen == chosen

"""The review: another way for a service, and what has one way only."""

from dataclasses import replace

import pytest

from avnwizard.domain.answers import Decision
from avnwizard.domain.rehearsal.order import Mark
from avnwizard.errors import RefusedError
from avnwizard.ui import review_lines
from avnwizard.ui.screens.review import ReviewPage
from avnwizard.ui.widgets.rows import Rows
from screenshots.scenes import press, run_over
from tests.ui.conftest import Open, seen, wizard
from tests.ui.test_deciding import to_snapshot


async def test_a_service_is_rolled_in_another_way_and_back(opened: Open) -> None:
    """The key o makes a surge a recreate in the plan that runs, and says what users notice; again: a surge."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "enter")
        page = pilot.app.screen
        assert isinstance(page, ReviewPage)
        page.query_one(Rows).go_to("roll:docs")
        await press(pilot, "o")
        part = page.plan.service("docs")
        assert (part.strategy, part.reason) == ("recreate", "as you chose")
        assert part.may_lose
        assert any(step.name == "roll:docs" and step.title.startswith("Recreate") for step in page.plan.steps)
        assert page.query_one(Rows).chosen == "roll:docs"
        assert "Recreate docs" in seen(pilot)
        await press(pilot, "o")
        assert page.plan.service("docs").strategy == "surge"
        assert wizard(pilot).choices.upgrade.strategies == {}


async def test_what_has_one_way_only_says_so(opened: Open) -> None:
    """A service that keeps data, and a step that rolls nothing."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "enter")
        page = pilot.app.screen
        assert isinstance(page, ReviewPage)
        page.query_one(Rows).go_to("roll:valkey")
        before = page.plan
        await press(pilot, "o")
        assert "valkey has one way only: it keeps data" in seen(pilot)
        page.query_one(Rows).go_to("checkout")
        await press(pilot, "o")
        assert "This step has one way only." in seen(pilot)
        assert page.plan == before


async def test_what_becomes_of_data_is_decided_here(opened: Open) -> None:
    """The key d asks for the service at hand; the plan then has the copy as a step, and Escape changes nothing."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "enter")
        page = pilot.app.screen
        assert isinstance(page, ReviewPage)
        page.query_one(Rows).go_to("checkout")
        await press(pilot, "d")
        assert "This step changes no image of a service that keeps data" in seen(pilot)
        page.query_one(Rows).go_to("roll:valkey")
        await press(pilot, "d")
        assert "What shall a rollback do with the data of valkey?" in seen(pilot)
        pilot.app.screen.query_one(Rows).go_to("copy")
        await press(pilot, "enter")
        assert page.plan.service("valkey").data == "copy"
        assert "Copy the data of valkey" in [step.title for step in page.plan.steps]
        before = page.plan
        await press(pilot, "d", "escape")
        assert (pilot.app.screen, page.plan) == (page, before)

        upgrade = wizard(pilot).choices.upgrade
        assert upgrade.prepared
        asked = replace(upgrade.prepared, undecided=(Decision("data", "valkey", "What?"),))
        wizard(pilot).choices.upgrade = upgrade.with_plan(asked)
        await press(pilot, "enter")
        assert "What shall a rollback do with the data of valkey?" in seen(pilot), "before the run may start"


async def test_a_rehearsal_is_shown(opened: Open) -> None:
    """What the rehearsal of the release showed stands above the steps; escape characters in it are harmless."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "enter")
        page = pilot.app.screen
        assert isinstance(page, ReviewPage)
        upgrade = wizard(pilot).choices.upgrade
        assert upgrade.prepared is not None
        said = ("Rehearsed 2026-11-28 15:09: migrations took 17 s.", "old\x1b[31m code")
        plan = replace(upgrade.prepared.plan, rehearsed=said, warnings=())
        wizard(pilot).choices.upgrade = upgrade.with_plan(replace(upgrade.prepared, plan=plan))
        page.show_plan()
        await pilot.pause()
        assert "Rehearsed 2026-11-28 15:09: migrations took 17 s." in seen(pilot)
        assert "\x1b[31m" not in seen(pilot)


async def test_the_release_is_tried_first(opened: Open) -> None:
    """The key t says what it takes and starts a rehearsal; back here, the plan says what it showed."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "enter")
        page = pilot.app.screen
        assert isinstance(page, ReviewPage)
        target = page.plan.target.tag
        await press(pilot, "t")
        assert f"Rehearse {target} on an isolated copy of this stack?" in seen(pilot).replace("\n", " ")
        await press(pilot, "escape")
        assert pilot.app.screen is page
        assert not [run for run in wizard(pilot).host.journal().runs() if run.kind == "rehearsal"]

        await press(pilot, "t", "enter")
        await run_over(pilot)
        await press(pilot, "escape")
        assert pilot.app.screen is page
        assert page.plan.rehearsed
        assert page.plan.rehearsed[0] in " ".join(seen(pilot).split())
        assert wizard(pilot).host.rehearsals().left(Mark(page.plan.project.name)) == ()


async def test_what_breaks_the_old_code_waits(opened: Open) -> None:
    """The key h makes the plan again with the statements held back, and h again with all of them at once."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "enter")
        page = pilot.app.screen
        assert isinstance(page, ReviewPage)
        assert "Hold back" in seen(pilot)
        assert page.plan.split is None
        await press(pilot, "h")
        assert page.plan.split is not None
        assert page.plan.split.held
        assert "Hold nothing" in seen(pilot)
        await press(pilot, "h")
        assert page.plan.split is None
        assert not wizard(pilot).choices.upgrade.hold


async def test_what_cannot_wait_says_why(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan that was there stands, and can be started."""

    def refused(*_: object) -> None:
        raise RefusedError("Nothing of v2.0.0's migrations can be held back: a copy is in the way.", "")

    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "enter")
        page = pilot.app.screen
        assert isinstance(page, ReviewPage)
        before = page.plan
        monkeypatch.setattr("avnwizard.ui.deciding.hold_back", refused)
        await press(pilot, "h")
        assert "can be held back: a copy is in the way" in " ".join(seen(pilot).split())
        assert page.plan == before
        await press(pilot, "enter")
        assert pilot.app.screen is not page, "Enter asks for the release's name"


async def test_much_that_a_rehearsal_showed_hides_no_warning(opened: Open) -> None:
    """What has no room is counted, and the key c shows it all."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "enter")
        page = pilot.app.screen
        assert isinstance(page, ReviewPage)
        upgrade = wizard(pilot).choices.upgrade
        assert upgrade.prepared is not None
        said = tuple(f"Rehearsed {number}: " + "it came up. " * 12 for number in range(4))
        plan = replace(upgrade.prepared.plan, rehearsed=said, warnings=("heed this",))
        wizard(pilot).choices.upgrade = upgrade.with_plan(replace(upgrade.prepared, plan=plan))
        page.show_plan()
        await pilot.pause()
        assert "things to know first: press c" in seen(pilot)
        await press(pilot, "c")
        assert "Rehearsed 3" in seen(pilot)
        assert "heed this" in seen(pilot)


@pytest.mark.parametrize(
    ("heights", "room", "shown"), [((2, 2), 4, 2), ((2, 2, 2), 4, 1), ((2, 2, 2), 5, 2), ((3,), 2, 0), ((), 0, 0)]
)
def test_warnings_that_have_no_room_are_counted(heights: tuple[int, ...], room: int, shown: int) -> None:
    """A line is kept for the count where not all of them have room."""
    assert review_lines.fitting(heights, room) == shown

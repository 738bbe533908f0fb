"""The log page: every step's words, one step's alone, and the ways between them."""

from dataclasses import replace

from textual.pilot import Pilot

from avnwizard.engine.feed import Event
from avnwizard.engine.records import RunRecord, StepRecord, StepState
from avnwizard.planned import StepKind
from avnwizard.ui.run_view import RunNews, RunView
from avnwizard.ui.screens.log import LogPage
from avnwizard.ui.screens.services import ServicesPage
from screenshots.scenes import press, settle
from tests.ui.conftest import Open, seen

_RUN = RunRecord("20260101-000000-00", "upgrade", "v1 to v2", "{}", "", "failed", 0, 1000.0, 1100.0, "no", "")


def _step(index: int, name: str, state: StepState) -> StepRecord:
    at = StepRecord(_RUN.id, index, f"roll:{name}", f"Roll {name}", state, 1000.0, 1100.0, "", {})
    return replace(at, kind=StepKind.ROLL, service=name)


def _stopped(*said: tuple[str, str]) -> RunView:
    """A run that stopped at `hydra`, in a wave with `keto` and `kratos`."""
    steps = (_step(0, "hydra", "failed"), _step(1, "keto", "done"), _step(2, "kratos", "done"))
    events = tuple(Event(1000.0 + at, "say", f"roll:{step}", text, {}) for at, (step, text) in enumerate(said))
    return RunView(_RUN).told(RunNews(_RUN, steps, live=False, events=events), settled=True)


async def _opened(pilot: Pilot[int], view: RunView) -> None:
    await pilot.app.push_screen(LogPage(lambda: view))
    await settle(pilot)


async def test_one_key_shows_every_step_and_the_same_step_again(opened: Open) -> None:
    """`s` goes from the step that stopped the run to every step, whichever of its wave spoke after it, and back."""
    async with opened() as pilot:
        await _opened(pilot, _stopped(("hydra", "no answer"), ("kratos", "fine"), ("keto", "well")))
        assert "Shown: Roll hydra" in seen(pilot)
        assert "s All steps" in seen(pilot)
        await press(pilot, "s")
        assert "Shown: every step" in seen(pilot)
        assert "s One step" in seen(pilot)
        await press(pilot, "s")
        assert "Shown: Roll hydra" in seen(pilot)


async def test_arrows_go_from_step_to_step(opened: Open) -> None:
    """In the order in which they spoke first, and from the last to the first."""
    async with opened() as pilot:
        await _opened(pilot, _stopped(("hydra", "no answer"), ("kratos", "fine"), ("keto", "well")))
        for key, shown in (("right", "kratos"), ("right", "keto"), ("right", "hydra"), ("left", "keto")):
            await press(pilot, key)
            assert f"Shown: Roll {shown}" in seen(pilot)


async def test_the_step_of_what_was_found_is_shown_alone(opened: Open) -> None:
    """After a search in every step, `s` narrows to the step whose words were found."""
    async with opened() as pilot:
        await _opened(pilot, _stopped(("hydra", "no answer"), ("kratos", "fine"), ("keto", "well")))
        await press(pilot, "s", "slash", *"fine", "enter")
        await press(pilot, "s")
        assert "Shown: Roll kratos" in seen(pilot)


async def test_every_step_is_shown_at_the_place_of_the_one(opened: Open) -> None:
    """A long log does not jump to its end when the other steps' words come in."""
    long = [("hydra", "first words"), *(("keto", f"line {n}") for n in range(60))]
    async with opened() as pilot:
        await _opened(pilot, _stopped(*long))
        await press(pilot, "s")
        assert "first words" in seen(pilot)
        assert "line 59" not in seen(pilot)
        await press(pilot, "s")
        assert "Shown: Roll hydra" in seen(pilot)


async def test_what_a_search_found_stays_said_while_the_run_goes_on(opened: Open) -> None:
    """New words of the run do not take the answer away; where one step has nothing, the way to all is named."""
    said = [("hydra", "no answer"), ("keto", "well")]
    async with opened() as pilot:
        view = _stopped(*said)
        page = LogPage(lambda: view)
        await pilot.app.push_screen(page)
        await press(pilot, "slash", *"well", "enter")
        assert "Nothing here says 'well'. s shows every step." in seen(pilot)
        view = _stopped(*said, ("hydra", "again no answer"))
        page._follow()
        await settle(pilot)
        assert "again no answer" in seen(pilot)
        assert "Nothing here says 'well'. s shows every step." in seen(pilot)
        await press(pilot, "s", "slash", *"well", "enter")
        assert "1 of 1 line with 'well'" in seen(pilot)


async def test_enter_closes_what_is_only_looked_at(opened: Open) -> None:
    """The footer says so, and it does."""
    async with opened() as pilot:
        below = pilot.app.screen
        await _opened(pilot, _stopped())
        assert "Enter Close" in seen(pilot)
        await press(pilot, "enter")
        assert pilot.app.screen is below
        await press(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, ServicesPage)
        assert "Enter Close" in seen(pilot)
        await press(pilot, "enter")
        assert pilot.app.screen is below


async def test_a_run_that_said_nothing_has_nothing_to_narrow(opened: Open) -> None:
    """Neither key does anything, nor breaks."""
    async with opened() as pilot:
        await _opened(pilot, _stopped())
        await press(pilot, "s", "right", "left")
        assert "Shown: every step" in seen(pilot)
        assert "Nothing was said so far." in seen(pilot)

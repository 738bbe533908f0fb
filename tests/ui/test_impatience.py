"""Keys that were meant for something else: none starts a run, stops one or gives anything up by itself."""

import pytest
from textual.pilot import Pilot

from avnwizard.flows.holding import is_live
from avnwizard.flows.host import Host
from avnwizard.practice.host import PracticeHost
from avnwizard.ui.app import WizardApp
from avnwizard.ui.screens.ask import Ask
from avnwizard.ui.screens.done import DonePage
from avnwizard.ui.screens.log import LogPage
from avnwizard.ui.screens.run import RunPage
from avnwizard.ui.settling import HOLD_S, Settling
from screenshots.scenes import press, run_over, run_stopped, settle
from tests.ui.conftest import USUAL, Open, seen
from tests.ui.test_runs import created, until

_READ_ON = "Look, then press the key again."


class _Clock:
    """Time that moves when a test says so."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_settling() -> None:
    """Over where nothing changed, and again once the time has passed since the last change."""
    clock = _Clock()
    settling = Settling(clock)
    assert settling.is_over
    settling.begin()
    clock.now += HOLD_S / 2
    assert not settling.is_over
    settling.begin()
    clock.now += HOLD_S / 2
    assert not settling.is_over
    clock.now += HOLD_S / 2
    assert settling.is_over


async def test_keys_wait_for_a_moment_after_a_run_stopped(host: Host, practice_host: PracticeHost) -> None:
    """Enter, and the keys of the live run, do nothing at first; then Enter opens the log, and starts nothing."""
    practice_host.order("pull")
    run = created(host)
    clock = _Clock()
    app = WizardApp(host, moment=clock)
    async with app.run_test(size=USUAL) as pilot:
        page = await run_stopped(pilot)  # cut off: it was never started
        clock.now += 2 * HOLD_S
        await press(pilot, "home", "down", "enter", "enter")
        shown = await until(pilot, "✗ failed:")
        assert any(line.endswith("to the end") for line in shown.splitlines()), "the rows fit their width once more"
        started = host.journal().run(run)
        for key in ("enter", "a", "enter", "p", "enter"):
            await press(pilot, key)
            assert app.screen is page
        assert _READ_ON in seen(pilot)
        clock.now += 2 * HOLD_S
        await press(pilot, "enter")
        assert isinstance(app.screen, LogPage), "the first choice, though Try again was chosen before"
        await press(pilot, "enter", "enter", "enter")
        assert host.journal().run(run) == started, "nothing was started"


async def test_keys_wait_for_a_moment_after_a_run_is_done(host: Host) -> None:
    """Neither Enter nor the key that accepts does anything at once."""
    clock = _Clock()
    run = created(host)
    app = WizardApp(host, moment=clock)
    async with app.run_test(size=USUAL) as pilot:
        await run_stopped(pilot)
        clock.now += 2 * HOLD_S
        await press(pilot, "home", "down", "enter", "enter")
        await run_over(pilot)
        await press(pilot, "k", "enter")
        assert isinstance(app.screen, DonePage)
        assert _READ_ON in seen(pilot)
        clock.now += 2 * HOLD_S
        await press(pilot, "enter")
        assert not isinstance(app.screen, DonePage)
    assert host.journal().run(run).state == "done"


async def test_trying_again_is_asked_by_key_and_by_click(opened: Open, host: Host) -> None:
    """The question names the step; Escape leaves the run stopped, and a click is no more than Enter."""
    run = created(host)
    before = host.journal().run(run)
    async with opened() as pilot:
        await run_stopped(pilot)
        await press(pilot, "down", "enter")
        _require_asked(pilot)
        await press(pilot, "escape")
        line = next(number for number, row in enumerate(seen(pilot).splitlines()) if "Try again" in row)
        await pilot.click(offset=(4, line))
        await settle(pilot)
        _require_asked(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, RunPage)
    assert host.journal().run(run) == before


def _require_asked(pilot: Pilot[int]) -> None:
    assert isinstance(pilot.app.screen, Ask)
    shown = " ".join(seen(pilot).split())
    assert "Start the run again at step 1 of 27," in shown
    assert "Enter try again" in shown


@pytest.mark.parametrize("answered", ["enter", "escape"])
async def test_a_run_that_stops_under_the_question_is_not_asked_to_stop(
    opened: Open, host: Host, practice_host: PracticeHost, answered: str
) -> None:
    """`a`, and the run fails by itself before Enter: no control is posted that would stop the next try."""
    practice_host.order("pull")
    run = created(host)
    async with opened() as pilot:
        page = await run_stopped(pilot)
        await press(pilot, "home", "down", "enter", "enter")
        await until(pilot, "✗ failed:")
        page.action_abort()  # as if it was pressed in the moment before
        await settle(pilot)
        assert isinstance(pilot.app.screen, Ask)
        await press(pilot, answered)
        assert pilot.app.screen_stack[-1] is page
    journal = host.journal()
    assert journal.take_controls(run) == []
    assert not is_live(host, run)

"""The screen of a run: controls, a second watcher, what a stopped run offers; leaving never ends a run."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from avnwizard.domain.answers import Answers
from avnwizard.errors import ExitCode
from avnwizard.flows.holding import is_live
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.flows.stack.kept_images import keep_name
from avnwizard.flows.upgrade import inputs, planning
from avnwizard.flows.upgrade.releases import current_tag
from avnwizard.practice.host import PracticeHost
from avnwizard.ui.app import WizardApp
from avnwizard.ui.screens.ask import Ask
from avnwizard.ui.screens.done import DonePage
from avnwizard.ui.screens.log import LogPage
from avnwizard.ui.screens.run import RunPage
from avnwizard.ui.screens.stand import StandPage
from avnwizard.ui.widgets.rows import Rows
from avnwizard.wiring import open_host
from screenshots.scenes import press, run_over, run_stopped, settle, unhurried
from tests.practice_fixtures import copied
from tests.ui.conftest import Open, seen, wizard


def created(host: Host) -> str:
    """An upgrade to v2.0.0, written down and not started."""
    draft = inputs.draft(host, "v2.0.0")
    answers = Answers().accepting(draft.decisions(Answers()))
    return launch.create_upgrade(host, planning.prepare(host, draft, answers))


@asynccontextmanager
async def attached(host: Host) -> AsyncIterator[Pilot[int]]:
    """Another login's app on the same stack."""
    app = WizardApp(open_host(host.repo.directory), moment=unhurried())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        yield pilot


async def until(pilot: Pilot[int], said: str) -> str:
    """Wait until the screen says it."""
    for _ in range(600):
        await asyncio.sleep(0.1)  # to look is to draw the screen, and the run needs the processor too
        await pilot.pause()
        if said in (shown := seen(pilot)):
            return shown
    raise TimeoutError(f"never said {said!r}:\n{seen(pilot)}")


async def try_again(pilot: Pilot[int]) -> None:
    """Choose it on a stopped run, and say yes."""
    await press(pilot, "home", "down", "enter")
    assert isinstance(pilot.app.screen, Ask)
    await press(pilot, "enter")


async def test_it_opens_on_the_unfinished_run_and_goes_on_with_it(opened: Open, host: Host) -> None:
    """A run that was written down and never started is cut off; Try again carries it to its end."""
    run = created(host)
    async with opened() as pilot:
        page = await run_stopped(pilot)
        assert page.run_id == run
        assert "cut off" in seen(pilot)
        await try_again(pilot)
        done = await run_over(pilot)
        assert done.view.record.state == "done"
        assert "✓ The upgrade is done" in seen(pilot)
        await press(pilot, "l")
        assert isinstance(pilot.app.screen, LogPage)
        assert "routes answer through the edge" in seen(pilot), "what its steps said, to the end"
        await press(pilot, "enter", "enter")
        assert isinstance(pilot.app.screen, StandPage)
        await press(pilot, "end", "enter", "enter")
        assert isinstance(pilot.app.screen, DonePage)
        assert "l Log" in seen(pilot), "later too, from the history"
        await press(pilot, "escape", "escape")
        assert "v2.0.0 of 2025-08-06" in seen(pilot)
        assert wizard(pilot).outcome == ExitCode.DONE


async def test_a_finished_upgrade_is_accepted_once(opened: Open, host: Host) -> None:
    """`k` on the last screen asks, with what that gives up, and lets go of the old images; the key is gone then."""
    run = created(host)
    kept = keep_name(run, "gateway")
    async with opened() as pilot:
        await run_stopped(pilot)
        await try_again(pilot)
        await run_over(pilot)
        assert "k Accept" in seen(pilot)
        await press(pilot, "a", "k")
        asked = pilot.app.screen
        assert isinstance(asked, Ask)
        assert "images of v1.5.0 are kept for going back" in asked._question
        assert "Enter accept  Esc keep the images" in seen(pilot)
        await press(pilot, "escape")
        assert host.stack.image(kept)
        await press(pilot, "k", "enter")
        assert "kept images may be pruned now" in seen(pilot)
        assert "k Accept" not in seen(pilot)
    assert host.stack.image(kept) is None


async def test_two_logins_watch_one_run_and_either_may_pause_it(practice_template: Path, tmp_path: Path) -> None:
    """Both see it running; one pauses, the other sees it and goes on; both see the end."""
    practice = copied(practice_template, tmp_path / "slow", speed=20.0)
    try:
        host = open_host(practice.project.directory)
        host.repo.fetch()
        run = created(host)
        launch.start(host, run)
        async with attached(host) as one, attached(host) as other:
            await until(one, "running")
            await until(other, "running")
            await press(one, "p")
            await until(other, "paused")
            assert "p Go on" in await until(one, "paused")
            await press(other, "p")
            await asyncio.gather(_end(one), _end(other))
        assert host.journal().run(run).state == "done"
    finally:
        practice.destroy()


async def _end(pilot: Pilot[int]) -> None:
    for _ in range(3000):
        await asyncio.sleep(0.02)
        if isinstance(pilot.app.screen, DonePage):
            return
    raise TimeoutError(seen(pilot))


async def test_abort_asks_first_and_leaving_leaves_the_run(practice_template: Path, tmp_path: Path) -> None:
    """Escape lets the run go on, q leaves it going; come back, abort, and it stops at a safe place."""
    practice = copied(practice_template, tmp_path / "slow", speed=20.0)
    try:
        host = open_host(practice.project.directory)
        host.repo.fetch()
        run = created(host)
        launch.start(host, run)
        async with attached(host) as pilot:
            await until(pilot, "running")
            await press(pilot, "a")
            assert "Stop the run at the next safe place?" in seen(pilot)
            await press(pilot, "escape", "q")
        assert is_live(host, run)
        async with attached(host) as pilot:
            await until(pilot, "running")
            await press(pilot, "a", "enter")
            await run_stopped(pilot)
            assert "stopped" in seen(pilot)
            assert "Try again" in seen(pilot)
            assert wizard(pilot).outcome == ExitCode.STEP_FAILED
        assert host.journal().run(run).state == "aborted"
    finally:
        practice.destroy()


async def test_a_failure_tells_what_serves_the_last_words_and_the_ways_on(
    opened: Open, host: Host, practice_host: PracticeHost
) -> None:
    """The failing container's lines, what still serves, and three choices with the cost of going back."""
    practice_host.order("unhealthy:hydra")
    run = created(host)
    launch.start(host, run)
    async with opened() as pilot:
        await run_stopped(pilot)
        await until(pilot, "✗ failed:")
        shown = await until(pilot, " down, no row lost (since ")
        for said in (
            "✗ failed",
            "Roll hydra",
            "Still serving",
            "hydra serves too, at v2.3.0",
            "503",
            "Leave it stopped",
        ):
            assert said in shown
        await press(pilot, "l")
        assert isinstance(pilot.app.screen, LogPage)
        shown = seen(pilot)
        assert "starting hydra v25.4.0" in shown
        assert "Shown: Roll hydra" in shown, "the step that stopped the run"
        assert "$ docker compose -p avnology logs --timestamps hydra" in shown
        assert re.search(r"\d\d:\d\d:\d\d  avnology-hydra-2 \| ready", shown)
        await press(pilot, "slash", "h", "e", "a", "l", "t", "h", "enter")
        assert "1 of 1 line with 'health'; n goes to the next." in " ".join(seen(pilot).split())
        await press(pilot, "s")
        assert "Shown: every step" in seen(pilot), "whatever step spoke after it"
        assert "s One step" in seen(pilot)
        assert "starting hydra v25.4.0" in seen(pilot), "at the place that was shown"
        await press(pilot, "s")
        assert "Shown: Roll hydra" in seen(pilot), "the same step again"
        await press(pilot, "right")
        assert "Shown: " in seen(pilot)
        assert "Shown: Roll hydra" not in seen(pilot)
        await press(pilot, "left")
        assert "Shown: Roll hydra" in seen(pilot)
        await press(pilot, "escape", "escape")
        assert "is unfinished" in seen(pilot)


@pytest.mark.parametrize("failure", ["pull", "migration", "disk"])
async def test_every_failure_of_the_demo_to_its_end(
    opened: Open, host: Host, practice_host: PracticeHost, failure: str
) -> None:
    """Whatever breaks, the run stops with a reason and what going back costs; once it is cured, the run ends well."""
    practice_host.order(failure)
    launch.start(host, created(host))
    async with opened() as pilot:
        await until(pilot, "✗ failed:")
        page = await run_stopped(pilot)
        assert page.view
        assert page.view.record.message
        assert "Roll back" in seen(pilot)
        assert ("avnology-migrate, which runs once, failed" in seen(pilot)) == (failure == "migration")
        assert "looking at what it would cost" not in seen(pilot)
        await press(pilot, "escape")
        half_done = "! v1.5.0 to v2.0.0 is half done; the checkout is at v2.0.0" in seen(pilot)
        assert half_done == (failure != "disk"), "a full disk stops it before anything is moved"
        assert "drifted" not in seen(pilot), "services of two releases run on purpose"
        await press(pilot, "home", "enter")
        await run_stopped(pilot)
        practice_host.failures.clear()
        await try_again(pilot)
        done = await run_over(pilot)
        assert done.view.record.state == "done"
    assert current_tag(host).name == "v2.0.0"


async def test_an_unfinished_run_comes_before_an_upgrade(opened: Open, host: Host) -> None:
    """Where you stand highlights Open run; Upgrade is there with the reason why not now, and cannot be chosen."""
    run = created(host)
    async with opened() as pilot:
        await run_stopped(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, StandPage)
        rows = pilot.app.screen.query_one(Rows)
        assert rows.chosen == "run"
        assert "Upgrade       finish that run first, or roll it back" in seen(pilot)
        await press(pilot, "down")
        assert rows.chosen == "rollback"
        await press(pilot, "r", "home", "enter")
        page = pilot.app.screen
        assert isinstance(page, RunPage)
        assert page.run_id == run
        host.journal().set_run(run, "undone")
        await press(pilot, "escape")
        assert rows.chosen == "upgrade"
        assert "finish that run first" not in seen(pilot)


async def test_the_overview_sees_a_run_of_another_login(opened: Open, host: Host) -> None:
    """Without a key: what somebody else begins is there a few seconds later, with the upgrade held back."""
    async with opened() as pilot:
        assert "Open run" not in seen(pilot)
        created(open_host(host.repo.directory))
        shown = await until(pilot, "Open run")
        assert "is unfinished" in shown

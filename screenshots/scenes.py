"""One walk through the whole wizard, by keyboard alone, that stops at every screen."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from textual.pilot import Pilot

from avnwizard.engine import supervise
from avnwizard.flows.rollback import verdict
from avnwizard.flows.snapshot import snapshots
from avnwizard.practice.host import PracticeHost
from avnwizard.ui.app import WizardApp
from avnwizard.ui.run_view import RunView
from avnwizard.ui.screens.done import DonePage
from avnwizard.ui.screens.history import HistoryPage
from avnwizard.ui.screens.page import Page
from avnwizard.ui.screens.releases import ReleasesPage
from avnwizard.ui.screens.run import RunPage
from avnwizard.ui.screens.snapshots import SnapshotsPage
from avnwizard.wiring import open_host
from screenshots.still import RUN, StillSnapshot, at_rest, even_cost, even_runs, even_words, in_mid_run, still

FAILURE = "unhealthy:hydra"
_PATIENCE = 3000
_LOOK_S = 0.02
_CALM = 4
"""A screen that is come back to asks only once it hears of it."""

Scene = tuple[str, WizardApp, Pilot[int]]


def unhurried() -> Callable[[], float]:
    """A clock on which every key comes long after the one before."""
    ticks = itertools.count(0.0, 60.0)
    return lambda: next(ticks)


async def settle(pilot: Pilot[int]) -> None:
    """Wait until every question to the stack is answered and drawn, and none follows from it."""
    app, calm = pilot.app, 0
    assert isinstance(app, WizardApp)
    for _ in range(_PATIENCE):
        await pilot.pause()
        busy = not app.desk.is_idle() or (isinstance(app.screen, ReleasesPage) and app.screen.fetching)
        calm = 0 if busy else calm + 1
        if calm == _CALM:
            return
        if busy:
            await asyncio.sleep(_LOOK_S)
    raise TimeoutError(f"it never settled:\n{drawn(app)}")


def drawn(app: WizardApp) -> str:
    """The screen as lines of text, as they are on the terminal."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())  # noqa: SLF001 - the only way


def _wizard(pilot: Pilot[int]) -> WizardApp:
    assert isinstance(pilot.app, WizardApp)
    return pilot.app


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press keys, each after the one before has had its effect."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def type_word(pilot: Pilot[int], word: str) -> None:
    """Type a word and Enter."""
    for letter in word:
        await pilot.press({".": "full_stop"}.get(letter, letter))
    await press(pilot, "enter")


async def run_stopped(pilot: Pilot[int]) -> RunPage:
    """Wait until the run on the screen stops; its view no longer changes then."""
    for _ in range(_PATIENCE):
        await asyncio.sleep(_LOOK_S)
        page = pilot.app.screen
        if isinstance(page, RunPage) and page.view and page.view.stopped:
            await settle(pilot)
            return page
    raise TimeoutError(f"the run did not stop:\n{drawn(_wizard(pilot))}")


async def run_over(pilot: Pilot[int]) -> DonePage:
    """Wait until the run on the screen is over."""
    for _ in range(_PATIENCE):
        await asyncio.sleep(_LOOK_S)
        if isinstance(pilot.app.screen, DonePage):
            await settle(pilot)
            return pilot.app.screen
    raise TimeoutError(f"the run is not over:\n{drawn(_wizard(pilot))}")


@asynccontextmanager
async def opened(checkout: Path, size: tuple[int, int]) -> AsyncIterator[Pilot[int]]:
    """The app on a stack where nothing varies."""
    app = WizardApp(still(open_host(checkout)), moment=unhurried())
    names = iter([RUN, RUN.replace("7f", "80"), RUN.replace("7f", "81")])
    cost_of = verdict.cost_of
    even: Any = lambda *given, **more: even_cost(cost_of(*given, **more))  # noqa: E731 - as `cost_of` is called
    with (
        patch.object(supervise, "new_run_id", lambda _now=None: next(names)),
        patch("avnwizard.flows.rollback.planning.cost_of", even),
    ):
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            yield pilot


async def scenes(pilot: Pilot[int], practice: PracticeHost) -> AsyncIterator[str]:
    """Walk; the name of each screen once it stands still. The practice has `FAILURE` ordered."""
    for part in (_deciding(pilot), _running(pilot, practice), _going_back(pilot, practice)):
        async for name in part:
            yield name


async def _deciding(pilot: Pilot[int]) -> AsyncIterator[str]:
    """From where the stack stands to the typed name."""
    yield "stand"
    await press(pilot, "question_mark")
    yield "help"
    await press(pilot, "escape", "down", "enter")
    yield "services"
    await press(pilot, "escape", "home", "enter")
    yield "releases"
    await press(pilot, "down", "enter", "space")
    yield "changelog"
    await press(pilot, "space", "space", "space", "enter")
    yield "environment"
    await press(pilot, "space", "d")
    yield "difference"
    await press(pilot, "escape", "enter")
    yield "snapshot"
    await press(pilot, "v", "down", "space")
    yield "volumes"
    await press(pilot, "escape")
    await press(pilot, "enter")
    await press(pilot, *["down"] * 10)
    yield "review"
    await press(pilot, "c")
    yield "changes"
    await press(pilot, "escape", "ctrl+p")
    yield "palette"
    await press(pilot, "escape", "enter")
    yield "start"


async def _running(pilot: Pilot[int], practice: PracticeHost) -> AsyncIterator[str]:
    """The run, its failure, and its end."""
    await type_word(pilot, "v2.0.0")
    page = await run_stopped(pilot)
    view = hold(page)
    show(page, in_mid_run(view, "roll:hydra"))
    await settle(pilot)
    yield "roll"
    show(page, at_rest(view))
    await settle(pilot)
    yield "failed"
    show(page, at_rest(even_words(view)))
    await press(pilot, "l")
    yield "log"
    await press(pilot, "escape")
    practice.failures.clear()
    await press(pilot, "home", "down", "enter")
    yield "again"
    await press(pilot, "enter")
    await _finish(pilot)
    yield "done"


async def _going_back(pilot: Pilot[int], practice: PracticeHost) -> AsyncIterator[str]:
    """The way back, and what is kept of both runs."""
    _users_write(practice)
    await press(pilot, "escape", "down", "enter")
    yield "rollback"
    await press(pilot, "enter")
    await type_word(pilot, "v1.5.0")
    await _finish(pilot)
    yield "back"
    await press(pilot, "enter", "down", "enter")
    yield "redo"
    await press(pilot, "escape", "end", "enter")
    await _even_list(pilot, HistoryPage, lambda page: page.show_runs(even_runs(page.host.journal().runs())))
    yield "history"
    await press(pilot, "escape", "up", "up", "enter")
    await _even_list(pilot, SnapshotsPage, _even_snapshots)
    yield "snapshots"


async def _even_list(pilot: Pilot[int], kind: type[Page], show_even: Callable[[Any], None]) -> None:
    """Show a list again with even times."""
    page = pilot.app.screen
    assert isinstance(page, kind), page
    show_even(page)
    await settle(pilot)


def _even_snapshots(page: SnapshotsPage) -> None:
    kept = snapshots.all_whole(page.host.files, page.host.state.snapshots)
    even: Any = [(folder, StillSnapshot(manifest)) for folder, manifest in kept]
    page.show_kept(even)


def _users_write(practice: PracticeHost) -> None:
    """What users do after the upgrade: one signs up, and some sign in."""
    import psycopg

    keywords = practice.postgres.connection("kratos")
    with psycopg.connect(**keywords, autocommit=True) as kratos:  # type: ignore[arg-type]  # strings
        kratos.execute("INSERT INTO identities (id, schema_ref, traits) VALUES (md5('late')::uuid, 'default', '{}')")
        kratos.execute(
            "INSERT INTO sessions (id, identity_id, token, expires_at)"
            " SELECT md5('late' || n)::uuid, md5('late')::uuid, 'late' || n, now() FROM generate_series(1, 14) n"
        )


async def _finish(pilot: Pilot[int]) -> None:
    done = await run_over(pilot)
    pilot.app.switch_screen(DonePage(at_rest(done.view)))
    await settle(pilot)


def hold(page: RunPage) -> RunView:
    """Watch no more, so that the view stays; it is given back."""
    page.stop_watching()
    assert page.view is not None
    return page.view


def show(page: RunPage, view: RunView) -> None:
    """Draw another moment of the run."""
    page.view = view
    page.show_view()

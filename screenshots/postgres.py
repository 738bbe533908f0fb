"""The page of a Postgres upgrade: a run on a host in memory, shown as it was while a step was at work."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from avnwizard.engine.feed import FeedReader, FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.engine.runner import run_steps
from avnwizard.flows.flow import Touched
from avnwizard.flows.postgres.flow import PostgresMajor
from avnwizard.flows.postgres.plan import to_json
from avnwizard.flows.postgres.world import save_files
from avnwizard.flows.stack.run_folder import RunFolder
from avnwizard.ui.run_view import RunNews, RunView
from avnwizard.ui.screens.run import RunPage
from avnwizard.ui.widgets.title_bar import TitleBar
from screenshots.scenes import settle, show
from screenshots.still import RUN, in_mid_run
from tests.flows.postgres_world import make_world, plan_of

MOMENTS = {"postgres": "move", "postgres-switch": "switch"}
"""The name of a picture -> the step that is at work on it."""


def carried(home: Path) -> tuple[RunView, tuple[Touched, ...]]:
    """A whole run from 17 to 18 by a copy that follows the old server: its view, and what it touches."""
    world = make_world(home / "checkout")
    state = home / "state"
    state.mkdir()
    host = world.host(state)
    plan, folder = plan_of(state, "copy"), RunFolder(host.state.run(RUN), host.files)
    folder.save_env(b"")
    save_files(host, folder, plan)
    journal = Journal(state / "journal.db")
    ordered = RunRecord(RUN, "postgres", "Postgres 17 to 18", to_json(plan), "", "created", 0, 0.0, 0.0, "", "")
    steps = PostgresMajor().steps(host, journal, ordered)[1:]  # a snapshot needs a real server
    journal.create_run(RUN, kind="postgres", title=ordered.title, plan=ordered.plan, steps=steps)
    feed = state / "feed"
    run_steps(journal, FeedWriter(feed), journal.run(RUN), steps)
    record = journal.run(RUN)
    events = tuple(FeedReader(feed).read())
    news = RunNews(record, tuple(journal.steps(RUN)), live=True, events=events, instances=host.platform.instances())
    return RunView(record).told(news, settled=True), PostgresMajor().touched(journal, record)


def _until(whole: RunView, step: str) -> RunView:
    """The run while a step was at work: what was said later was not said yet."""
    names = [one.name for one in whole.steps]
    said = [one for one in whole.log if one.step in names[: names.index(step)]]
    return replace(in_mid_run(replace(whole, log=tuple(said)), step), cost=whole.cost)


async def scenes(pilot: Pilot[int], home: Path) -> AsyncIterator[str]:
    """Each moment, once it stands still."""
    whole, touched = carried(home)
    page: Any = RunPage(RUN)
    page._begin_watch = lambda: None  # noqa: SLF001 - the run is over: what is shown is a moment of it
    page._touched = touched  # noqa: SLF001 - as a look at the run would
    await pilot.app.push_screen(page)
    title = page.query_one(TitleBar)
    title.heading, title.stage = whole.record.title, None
    for name, step in MOMENTS.items():
        show(page, _until(whole, step))
        await settle(pilot)
        yield name

"""A Postgres upgrade: its ways, and a run on a host in memory: while a step was at work, and when it was over."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from avnwizard.domain.postgres.major import DatabaseLook, ServerLook, Way
from avnwizard.engine.feed import FeedReader, FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.engine.runner import run_steps
from avnwizard.flows.flow import Outcome, Touched
from avnwizard.flows.postgres.flow import PostgresMajor
from avnwizard.flows.postgres.plan import MajorPlan, to_json
from avnwizard.flows.postgres.ways import offers, recommended
from avnwizard.flows.postgres.world import save_files
from avnwizard.flows.stack.run_folder import RunFolder
from avnwizard.ui.run_view import RunNews, RunView
from avnwizard.ui.screens.done import DonePage
from avnwizard.ui.screens.postgres import PostgresPage
from avnwizard.ui.screens.run import RunPage
from avnwizard.ui.widgets.title_bar import TitleBar
from screenshots.scenes import settle, show
from screenshots.still import RUN, at_rest, in_mid_run
from tests.flows.postgres_world import make_world, plan_of

MOMENTS = {"postgres": "move", "postgres-switch": "switch"}
"""The name of a picture -> the step that is at work on it."""
SNAPSHOT = "/srv/id/state/snapshots/20260528-202631-e1"
LOOK = ServerLook(
    "17.12",
    17,
    "clerk",
    (DatabaseLook("shop", "clerk", 5_000_000_000, unlogged=("public.seen",)),),
    wal_level="replica",
)
"""A server of 5 GB with an unlogged table."""


def offered(home: Path, way: Way | None = None, image: str = "") -> MajorPlan:
    """The plan of a way from `LOOK`'s server, or of the one that is recommended."""
    ways = offers(LOOK, mount="/var/lib/postgresql", pgdata="/var/lib/postgresql/18/docker")
    chosen = way or recommended(ways)
    why = next(one.why_not for one in ways if one.way == chosen)
    stops = ((f"The way {chosen} cannot be gone: {why}.", "Give another."),) if why else ()
    made = replace(
        plan_of(home, chosen),
        image_new=image or "postgres:18",
        ways=ways,
        stops=stops,
        version_old="17.12",
        free_bytes=20 * 10**9,
    )
    return replace(made, poolers=("pgbouncer",), held=("gateway", "audit")) if chosen == "cold" else made


def carried(home: Path) -> tuple[RunView, tuple[Touched, ...], Outcome]:
    """A whole run from 17 to 18 by a copy that follows the old server: its view, what it touches, and its end."""
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
    flow = PostgresMajor()
    outcome = replace(flow.outcome(journal, record), snapshot=SNAPSHOT)
    return RunView(record).told(news, settled=True), flow.touched(journal, record), outcome


def _until(whole: RunView, step: str) -> RunView:
    """The run while a step was at work: what was said later was not said yet."""
    names = [one.name for one in whole.steps]
    said = [one for one in whole.log if one.step in names[: names.index(step)]]
    return replace(in_mid_run(replace(whole, log=tuple(said)), step), cost=whole.cost)


async def scenes(pilot: Pilot[int], home: Path) -> AsyncIterator[str]:
    """The ways, each moment of the run, and its end, once they stand still."""
    ways: Any = PostgresPage(17)
    ways._made = lambda way=None: offered(home, way)  # noqa: SLF001 - the practice stack has no newer major
    await pilot.app.push_screen(ways)
    await settle(pilot)
    yield "postgres-ways"
    whole, touched, outcome = carried(home)
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
    done: Any = DonePage(at_rest(whole))
    done._outcome = lambda: outcome  # noqa: SLF001 - the run is in another journal than the app's
    await pilot.app.push_screen(done)
    await settle(pilot)
    yield "postgres-done"

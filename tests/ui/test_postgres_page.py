"""The ways to a new Postgres major side by side, by keyboard alone; what is started is what is shown."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from avnwizard.domain.postgres.major import Way
from avnwizard.errors import PostgresFirstError, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.postgres import majors
from avnwizard.flows.postgres.plan import MajorPlan
from avnwizard.ui import deciding
from avnwizard.ui.screens import postgres, snapshot
from avnwizard.ui.screens.postgres import PostgresPage
from avnwizard.ui.state import Upgrade
from avnwizard.ui.widgets.rows import Rows
from screenshots.postgres import offered
from screenshots.scenes import press, settle, type_word
from tests.ui.conftest import LARGE, SMALL, USUAL, Open, pictures, seen
from tests.ui.test_deciding import to_snapshot
from tests.ui.test_walk import UPDATE


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[MajorPlan]:
    """The page on a server of 5 GB with an unlogged table; the plans that were ordered, which begin no run."""
    found: list[MajorPlan] = []

    def plan(_host: Host, _to: int, *, image: str = "", way: Way | None = None) -> MajorPlan:
        return offered(tmp_path, way, image)

    def order(_host: Host, plan: MajorPlan) -> str:
        found.append(plan)
        raise RefusedError("Ordered, and not begun.", "This is a test.")

    monkeypatch.setattr(postgres, "plan_major", plan)
    monkeypatch.setattr(postgres, "order_major", order)
    return found


def _words(pilot: Pilot[int]) -> str:
    return " ".join(seen(pilot).split())


async def _open(pilot: Pilot[int]) -> None:
    pilot.app.push_screen(PostgresPage(17))
    await settle(pilot)


@pytest.mark.parametrize("size", [SMALL, USUAL, LARGE])
async def test_the_ways_side_by_side(ordered: list[MajorPlan], opened: Open, size: tuple[int, int]) -> None:
    """Each with its interruption, disk and why it cannot be gone; the recommended one is marked and shown whole."""
    name = f"postgres-ways-{size[0]}x{size[1]}"
    async with opened(size) as pilot:
        await _open(pilot)
        text = f"{seen(pilot).rstrip()}\n"
    if UPDATE:
        pictures(name).write_text(text, "utf-8")
    assert pictures(name).read_text("utf-8") == text
    assert ordered == []


async def test_a_way_is_chosen_and_started(ordered: list[MajorPlan], opened: Open) -> None:
    """One that cannot be gone cannot be started; another is, once the stack's name is typed and no other."""
    async with opened(LARGE) as pilot:
        await _open(pilot)
        assert "gateway, audit wait in PgBouncer meanwhile" in _words(pilot)
        await press(pilot, "up")
        assert "The way copy cannot be gone: a live copy has no rows of unlogged tables: shop.public.seen" in _words(
            pilot
        )
        await press(pilot, "enter")
        assert "Type" not in _words(pilot)
        await press(pilot, "down", "down", "down")
        assert "nobody may alter a table until the switch" in _words(pilot)
        assert "Start logical" in _words(pilot)
        await press(pilot, "enter")
        await type_word(pilot, "another")
        assert ordered == []
        await press(pilot, *["backspace"] * 7)
        await type_word(pilot, "demo")
        await settle(pilot)
        assert "Ordered, and not begun." in _words(pilot)
    assert [one.way for one in ordered] == ["logical"]


async def test_it_is_opened_from_the_first_screen(
    ordered: list[MajorPlan], opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a newer major can be gone to from here, and only there."""
    async with opened(LARGE) as pilot:
        assert "the ways to" not in _words(pilot)
    monkeypatch.setattr(majors, "serving", lambda _host: 17)
    async with opened(LARGE) as pilot:
        assert "Postgres version 17; the ways to 18" in _words(pilot)
        rows = pilot.app.screen.query_one(Rows)
        for _ in range(9):
            if rows.chosen == "postgres":
                break
            await press(pilot, "down")
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, PostgresPage)
        assert "Postgres 17 to 18" in _words(pilot)
    assert ordered == []


async def test_a_release_that_moves_the_major_leads_here(
    ordered: list[MajorPlan], opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upgrade is refused with a key that opens the ways, with the release's own image; back, it goes on."""
    first = PostgresFirstError(
        "This release takes postgres from Postgres 17 to 18.", "avnwizard postgres upgrade --to 18",
        service="postgres", old=17, new=18, image="registry.example/postgres:18.6",
    )  # fmt: skip
    refused, planned = [first], deciding.planned

    def plan(host: Host, upgrade: Upgrade) -> Upgrade:
        if refused:
            raise refused[0]
        return planned(host, upgrade)

    monkeypatch.setattr(snapshot, "planned", plan)
    async with opened(LARGE) as pilot:
        await to_snapshot(pilot)
        await settle(pilot)
        assert "Postgres goes first: from 17 to 18, in a run of its own." in _words(pilot)
        assert "p Postgres first" in _words(pilot)
        assert "Enter Plan again" in _words(pilot)
        assert "Without" not in _words(pilot)
        await press(pilot, "p")
        await settle(pilot)
        assert isinstance(pilot.app.screen, PostgresPage)
        assert "Postgres 17 to 18, ahead of v" in _words(pilot)
        assert "registry.example/postgres:18.6" in _words(pilot)
        await press(pilot, "escape")
        refused.clear()
        await press(pilot, "enter")
        await settle(pilot)
        assert "A snapshot will be taken" in _words(pilot)
        assert "Postgres first" not in _words(pilot)
    assert ordered == []

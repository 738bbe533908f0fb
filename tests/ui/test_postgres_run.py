"""A Postgres upgrade as committed, in every size: its ways, moments of its run, and its end."""

from pathlib import Path

from avnwizard.practice.host import PracticeHost
from screenshots.postgres import MOMENTS, scenes
from screenshots.scenes import opened, settle
from tests.ui.conftest import LARGE, SMALL, USUAL, seen
from tests.ui.test_walk import changed


async def test_a_postgres_upgrade_is_shown_step_by_step(practice_host: PracticeHost, tmp_path: Path) -> None:
    """The ways to choose from, the copy, the moment when the servers change places, and what is told at the end."""
    wrong: list[str] = []
    walked = []
    async with opened(practice_host.project.directory, USUAL) as pilot:
        async for name in scenes(pilot, tmp_path / "world"):
            walked.append(name)
            for size in (USUAL, LARGE, SMALL):
                await pilot.resize_terminal(*size)
                await settle(pilot)
                wrong += changed(f"{name}-{size[0]}x{size[1]}", seen(pilot), practice_host.home)
    assert not wrong, "\n".join(wrong)
    assert walked == ["postgres-ways", *MOMENTS, "postgres-done"]

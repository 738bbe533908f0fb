"""Undoing a rollback from the first screen: what users wrote before it comes back with the release."""

from pathlib import Path

from avnwizard.domain.postgres.names import set_aside
from avnwizard.errors import ExitCode
from avnwizard.flows.host import Host
from avnwizard.practice.host import PracticeHost
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.redo import RedoPage
from avnwizard.ui.screens.run import RunPage
from avnwizard.ui.screens.stand import StandPage
from avnwizard.wiring import open_host
from screenshots.scenes import press, run_over, type_word
from tests.flows.cli import avnwizard
from tests.flows.test_going_back import execute, upgraded, users_write
from tests.ui.conftest import Open, seen


def _sessions(checkout: Path) -> int:
    return open_host(checkout).database().row_counts("kratos")["public.sessions"]


async def test_a_rollback_is_undone_by_keys(
    opened: Open, host: Host, practice_host: PracticeHost, tmp_path: Path
) -> None:
    """Redo says what comes back and asks for the name; of a database that is gone it says so, and nothing starts."""
    checkout = host.repo.directory
    upgraded(checkout, tmp_path)
    users_write(practice_host)
    before = _sessions(checkout)
    back = avnwizard("rollback", "--stack", checkout, "--yes")
    assert back.code == ExitCode.DONE, back.err
    assert _sessions(checkout) == before - 14
    kept = set_aside("kratos", host.journal().runs()[0].id)
    async with opened() as pilot:
        assert "Redo          v1.5.0 to v2.0.0 again, with the rows from before the rollback" in seen(pilot)
        execute(practice_host, "postgres", f'ALTER DATABASE "{kept}" RENAME TO elsewhere')
        await press(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, RedoPage)
        shown = " ".join(seen(pilot).split())
        assert f"✗ {kept}, which the rollback kept, is gone. Nothing was changed." in shown
        assert "Enter Start" not in shown
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, RedoPage)
        await press(pilot, "escape")
        execute(practice_host, "postgres", f'ALTER DATABASE elsewhere RENAME TO "{kept}"')
        assert isinstance(pilot.app.screen, StandPage)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, RedoPage)
        shown = " ".join(seen(pilot).split())
        assert "Back to v2.0.0, as before rollback" in shown
        assert "rows written since are kept under another name" in shown
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ConfirmName)
        await type_word(pilot, "v2.0.0")
        assert isinstance(pilot.app.screen, RunPage)
        done = await run_over(pilot)
        assert (done.view.record.title, done.view.record.state) == ("v1.5.0 to v2.0.0 again", "done")
        await press(pilot, "enter")
        assert "Redo " not in seen(pilot), "no rollback is left that could be undone"
    assert open_host(checkout).repo.head().tag == "v2.0.0"
    assert _sessions(checkout) == before

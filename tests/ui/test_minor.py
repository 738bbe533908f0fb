"""The commonest job, by keys alone: a minor upgrade that asks nothing, at 80x24."""

import re
import subprocess
from pathlib import Path

from avnwizard.errors import ExitCode
from avnwizard.flows.host import Host
from avnwizard.practice.host import PracticeHost
from avnwizard.ui.app import WizardApp
from avnwizard.ui.screens.changelog import ChangelogPage
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.environment import EnvironmentPage
from avnwizard.ui.screens.releases import ReleasesPage
from avnwizard.ui.screens.review import ReviewPage
from avnwizard.ui.screens.run import RunPage
from avnwizard.ui.screens.snapshot import SnapshotPage
from avnwizard.wiring import open_host
from screenshots.scenes import press, run_over, settle, type_word, unhurried
from tests.flows.cli import answer_all, avnwizard
from tests.ui.conftest import USUAL, seen


def _at_v2(practice: PracticeHost, answers: Path) -> Host:
    """The stack after its upgrade to v2.0.0."""
    checkout = practice.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    answer_all(checkout, "v2.0.0", answers)
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", checkout, "--yes", "--answers", answers)
    assert said.code == ExitCode.DONE, said.err
    return open_host(checkout)


async def test_a_clean_minor_upgrade_by_enter_alone(practice_host: PracticeHost, tmp_path: Path) -> None:
    """From v2.0.0 to v2.1.0: Enter goes on from each page to the typed name, and every footer says what works."""
    app = WizardApp(_at_v2(practice_host, tmp_path / "answers.toml"), moment=unhurried())
    async with app.run_test(size=USUAL) as pilot:
        await settle(pilot)
        await press(pilot, "enter")
        assert isinstance(app.screen, ReleasesPage)
        await press(pilot, "enter")
        assert isinstance(app.screen, ChangelogPage)
        assert app.choices.upgrade.target == "v2.1.0"
        await press(pilot, "enter")
        assert isinstance(app.screen, EnvironmentPage)
        shown = seen(pilot)
        assert re.search(r"Nothing to decide: this release changes none of your \d+ settings\.", shown)
        assert "the release wants" not in shown, "no heads over an empty list"
        keys = shown.splitlines()[-1]
        assert keys.split() == [
            "Enter",
            "Go",
            "on",
            "Esc",
            "Back",
            "d",
            "Diff",
            "/",
            "Find",
            "q",
            "Leave",
            "?",
            "Help",
        ]
        await press(pilot, "enter")
        assert isinstance(app.screen, SnapshotPage)
        await press(pilot, "enter")
        assert isinstance(app.screen, ReviewPage)
        prepared = app.choices.upgrade.prepared
        assert prepared
        plan = prepared.plan
        assert (plan.current.tag, plan.target.tag, plan.snapshot.taken) == ("v2.0.0", "v2.1.0", True)
        assert (plan.breaking, plan.env) == ((), ())
        await press(pilot, "enter")  # the sixth key, and no other
        assert isinstance(app.screen, ConfirmName)
        assert "Type v2.1.0 to start" in seen(pilot)
        await type_word(pilot, "v2.1.0")
        assert isinstance(app.screen, RunPage)
        done = await run_over(pilot)
        assert done.view.record.state == "done"

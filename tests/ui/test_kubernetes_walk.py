"""The wizard on a Helm release, by keys: release, changes, values one by one, snapshot, review, run, and back."""

from pathlib import Path

import pytest

from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.records import UNFINISHED
from avnwizard.flows.holding import holding
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.flows.run.carrying import to_its_end
from avnwizard.ui.app import WizardApp
from avnwizard.ui.screens.changelog import ChangelogPage
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.env_diff import EnvDiffPage
from avnwizard.ui.screens.environment import EnvironmentPage
from avnwizard.ui.screens.release_review import ReleaseReviewPage
from avnwizard.ui.screens.releases import ReleasesPage
from avnwizard.ui.screens.snapshot import SnapshotPage
from avnwizard.ui.screens.stand import StandPage
from screenshots.scenes import press, run_over, settle, type_word, unhurried
from tests.flows.kubernetes_tags import OWN_VALUES, TaggedWorld, git, tagged_world
from tests.ui.conftest import USUAL, seen
from tests.ui.kubernetes_pages import take_back


@pytest.fixture
def world(tmp_path: Path) -> TaggedWorld:
    """A simulated release at v1.5.0; v2.0.0 renames values."""
    return tagged_world(tmp_path / "checkout")


class _Carried:
    """A process that is over: the run was carried out where it was started."""

    def poll(self) -> int:
        """It ended."""
        return 0


def _carry_here(host: Host, run: str) -> _Carried:
    journal = host.journal()
    record = journal.run(run)
    with holding(host, run=run, kind=record.kind):
        to_its_end(host, journal, FeedWriter(host.state.feed(run)), record)
    return _Carried()


async def test_up_and_back_by_keys(world: TaggedWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every screen of an upgrade is there, a secret is on none, and the way back undoes checkout and values."""
    monkeypatch.setattr(launch, "start", _carry_here)
    host = world.host(tmp_path / "home")
    app, screens = WizardApp(host, moment=unhurried()), []
    async with app.run_test(size=USUAL) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, StandPage)
        screens.append(seen(pilot))
        assert "Deployment/gateway" in screens[-1]
        assert "1 of 1 serve" in screens[-1]
        await press(pilot, "enter")
        assert isinstance(app.screen, ReleasesPage)
        await press(pilot, "enter")
        assert isinstance(app.screen, ChangelogPage)
        assert "gateway.preStop" in seen(pilot)
        await press(pilot, "space", "space", "enter")
        assert isinstance(app.screen, EnvironmentPage)
        screens.append(seen(pilot))
        assert "2 settings to be decided" in screens[-1]
        assert "logLevel=debug" in screens[-1]
        await press(pilot, "space", "space", "d")
        assert isinstance(app.screen, EnvDiffPage)
        screens.append(seen(pilot))
        assert "+   drainSeconds: 7  # seven" in screens[-1]
        assert "own.yaml" in screens[-1]
        await press(pilot, "escape", "enter")
        assert isinstance(app.screen, SnapshotPage)
        assert "No snapshot will be taken." in seen(pilot)
        await press(pilot, "enter")
        assert isinstance(app.screen, ReleaseReviewPage)
        screens.append(seen(pilot))
        assert "values: logLevel becomes log.level" in screens[-1]
        assert "The release is fit for it" in screens[-1]
        assert world.own() == OWN_VALUES
        await press(pilot, "enter")
        assert isinstance(app.screen, ConfirmName)
        await type_word(pilot, "v2.0.0")
        await run_over(pilot)
        screens.append(seen(pilot))
        assert git(world.directory, "describe", "--tags") == "v2.0.0"
        assert "log:\n  level: debug\n" in world.own()
        await take_back(pilot, run_over)
    assert git(world.directory, "describe", "--tags") == "v1.5.0"
    assert world.own() == OWN_VALUES
    assert world.release.history[-1].app_version == "1.5.0"
    assert [run.state for run in host.journal().runs()] == ["done", "undone"]
    assert not any(run.state in UNFINISHED for run in host.journal().runs())
    assert not [one for one in screens if "not-a-real-secret" in one]


async def test_a_release_that_is_pending_cannot_be_upgraded(world: TaggedWorld, tmp_path: Path) -> None:
    """The first screen says what stopped it, and the number to which it goes back; the snapshot's page refuses."""
    release = world.release
    assert release.read is not None
    release.add(world.read_chart(), ())
    app = WizardApp(world.host(tmp_path / "home"), moment=unhurried())
    async with app.run_test(size=USUAL) as pilot:
        await settle(pilot)
        assert "Revision 1 (id-1.5.0) was the last to be deployed" in " ".join(seen(pilot).split())

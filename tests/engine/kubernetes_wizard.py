"""The wizard's screens on a real cluster, by keys: up to a tag that renames a value, and back. By path: minutes."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from avnwizard.ui.app import WizardApp
from avnwizard.ui.screens.changelog import ChangelogPage
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.done import DonePage
from avnwizard.ui.screens.env_diff import EnvDiffPage
from avnwizard.ui.screens.environment import EnvironmentPage
from avnwizard.ui.screens.release_review import ReleaseReviewPage
from avnwizard.ui.screens.releases import ReleasesPage
from avnwizard.ui.screens.run import RunPage
from avnwizard.ui.screens.snapshot import SnapshotPage
from avnwizard.ui.screens.stand import StandPage
from avnwizard.wiring import open_host
from screenshots.scenes import press, settle, type_word, unhurried
from tests.engine.kubernetes_node import running_node
from tests.lab.kube.node import Node
from tests.lab.kube.release import Asking, LabRelease
from tests.ui.conftest import USUAL, seen
from tests.ui.kubernetes_pages import take_back

pytestmark = [pytest.mark.kube, pytest.mark.xdist_group("kube")]
_PORT = 30380
_OVER_S = 300


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """The cluster, up."""
    yield from running_node(pods=True)


@pytest.fixture
def release(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabRelease]:
    """The example chart at 1.5.0; v1.6.0 wants the tag under another name. This process reaches the cluster."""
    made = LabRelease(node, tmp_path, f"id-{_PORT}-{os.getpid()}", _PORT)
    made.make(preStop=5)
    made.renames("1.6.0")
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    yield made
    made.remove()


async def _over(pilot: Pilot[int]) -> None:
    """Until the run on the screen is over."""
    for _ in range(_OVER_S):
        if isinstance(pilot.app.screen, DonePage):
            return await settle(pilot)
        await asyncio.sleep(1)
    raise TimeoutError(f"the run is not over:\n{seen(pilot)}")


def _words(pilot: Pilot[int]) -> str:
    """The screen as one line of words."""
    return " ".join(seen(pilot).split())


async def test_up_and_back_by_keys(release: LabRelease) -> None:
    """Each screen speaks of what the cluster has; none of 50 requests a second is lost."""
    before = (release.checkout / "values.yaml").read_text()
    app = WizardApp(open_host(release.checkout), moment=unhurried())
    with Asking(release.port, 50) as asked:
        async with app.run_test(size=USUAL) as pilot:
            await settle(pilot)
            assert isinstance(app.screen, StandPage)
            assert "Deployment/gateway" in seen(pilot)
            await press(pilot, "enter")
            assert isinstance(app.screen, ReleasesPage)
            assert "v1.6.0" in seen(pilot)
            await press(pilot, "enter")
            assert isinstance(app.screen, ChangelogPage)
            await press(pilot, "enter")
            assert isinstance(app.screen, EnvironmentPage)
            assert "image.tag" in _words(pilot)
            await press(pilot, "space", "d")
            assert isinstance(app.screen, EnvDiffPage)
            await press(pilot, "escape", "enter")
            assert isinstance(app.screen, SnapshotPage)
            assert "No snapshot will be taken." in _words(pilot)
            await press(pilot, "enter")
            assert isinstance(app.screen, ReleaseReviewPage)
            assert "values: tag becomes image.tag" in _words(pilot)
            assert "should lose no request" in _words(pilot)
            assert "The release is fit for it" in _words(pilot)
            await press(pilot, "enter")
            assert isinstance(app.screen, ConfirmName)
            await type_word(pilot, "v1.6.0")
            assert isinstance(app.screen, RunPage | DonePage)
            await _over(pilot)
            assert "The release is upgraded" in _words(pilot)
            assert (release.git("describe", "--tags"), release.history()[-1]["chart"]) == ("v1.6.0", "avnology-1.6.0")
            await take_back(pilot, _over)
    assert (release.git("describe", "--tags"), release.history()[-1]["chart"]) == ("v1.5.0", "avnology-1.5.0")
    assert (release.checkout / "values.yaml").read_text() == before
    assert set(asked.answers) == {"1.5.0"}

"""A rotation on the screens: what is pending stands on the first one, and a phase that stopped has its way back."""

import pytest

from avnwizard.domain.envfile import EnvFile
from avnwizard.flows.host import Host
from avnwizard.flows.rotate.planning import plan_next
from avnwizard.flows.run import launch
from avnwizard.flows.run.orders import order_rotation
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from screenshots.scenes import drawn, opened, settle
from tests.ui.conftest import LARGE


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """The practice stack."""
    return open_host(practice_host.project.directory)


async def _shown(host: Host) -> str:
    async with opened(host.repo.directory, LARGE) as pilot:
        await settle(pilot)
        return " ".join(drawn(pilot.app).split())  # type: ignore[arg-type]  # it is the wizard


async def test_pending_and_stopped(host: Host) -> None:
    """After phase 1 the first screen says what waits; a phase 2 that fails opens on its run page."""
    assert launch.carry(host, order_rotation(host, plan_next(host, "hydra"))) == "done"
    shown = await _shown(host)
    assert "Hydra's system secret has waited for phase 2 of 3 since" in shown
    assert "avnwizard rotate hydra" in shown
    assert "hydra: phase 2 of 3 since" in shown
    assert ", can follow now" in shown
    assert "rotate hydra, phase 1 of 3: done" in shown
    run = order_rotation(host, plan_next(host, "hydra"))
    file, before = host.stack.project.env_file, host.files.read(host.stack.project.env_file)
    host.files.write(file, EnvFile.parse(before).with_value("HYDRA_SYSTEM_SECRET", "e" * 40).to_bytes())
    assert launch.carry(host, run) == "failed"
    shown = await _shown(host)
    for text in ("rotate hydra, phase 2 of 3", "Write the secret", "Roll hydra", "Verify v1.5.0"):
        assert text in shown, shown
    assert "was edited since the plan was made" in shown
    host.files.write(file, before)
    assert launch.carry(host, run) == "done"

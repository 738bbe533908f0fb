"""Snapshots name the generation of Hydra's secret; a restore under another one is refused before anything changes."""

import pytest

from avnwizard.domain.envfile import EnvFile
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.restore.planning import plan_restore
from avnwizard.flows.snapshot import snapshots
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.in_process import take
from tests.flows.test_rotation import HYDRA, env_value, expire_all, phase, undo


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice stack at v1.5.0."""
    return open_host(practice_host.project.directory)


def test_a_snapshot_from_before_a_rotation(practice_host: PracticeHost, host: Host) -> None:
    """It fits as long as the old secret is accepted, and again once the last phase was taken back."""
    folder = take(host, proof="read back")
    manifest = snapshots.load(host.files, folder)
    assert [(one.name, len(one.prints)) for one in manifest.keys] == [("hydra", 1)]
    assert env_value(host, HYDRA) not in host.files.read(folder / snapshots.MANIFEST).decode()
    phase(host)
    plan_restore(host, folder)
    phase(host)
    plan_restore(host, folder)
    expire_all(practice_host)
    third = phase(host)
    before = {one.name for one in host.database().databases()}
    with pytest.raises(
        RefusedError, match="hydra of this snapshot may be sealed under a secret that was rotated away"
    ):
        plan_restore(host, folder)
    assert {one.name for one in host.database().databases()} == before
    order, _ = plan_restore(host, folder, ["kratos"])
    assert order.databases == ("kratos",)
    undo(host, third)
    order, _ = plan_restore(host, folder)
    assert "hydra" in order.databases


def test_a_secret_that_was_changed_by_hand(host: Host) -> None:
    """The same refusal where nobody used the wizard for it."""
    folder = take(host, proof="read back")
    file = host.stack.project.env_file
    env = EnvFile.parse(host.files.read(file))
    host.files.write(file, env.with_value(HYDRA, "h" * 64).to_bytes())
    with pytest.raises(RefusedError, match="rotated away"):
        plan_restore(host, folder)

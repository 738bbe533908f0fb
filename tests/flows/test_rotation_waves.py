"""A rotation rolls services that do not depend on each other at the same time, there and back."""

import pytest

from avnwizard.engine.step import Step
from avnwizard.flows.host import Host
from avnwizard.flows.rotate.planning import plan_next
from avnwizard.flows.run.orders import order_rotation
from avnwizard.flows.run.registry import flow_of
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.in_process import carry
from tests.flows.test_rotation import HYDRA, env_value, phase, running_value, undo


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice stack in which Keto is given Hydra's secret too."""
    found = open_host(practice_host.project.directory)
    file, setting = found.stack.project.files[0], "DSN: postgres://keto:${KETO_DB_PASSWORD:?}@postgres:5432/keto\n"
    text = found.files.read(file).decode()
    before, _, after = text.rpartition(setting)
    shared = f"{before}{setting}      SECRETS_SYSTEM: ${{HYDRA_SYSTEM_SECRET:?}}\n{after}"
    found.files.write(file, shared.encode())
    found.stack.up("keto")
    return found


def test_readers_are_rolled_in_waves(host: Host) -> None:
    """Both readers are in one wave, forward and on the way back, and both have the phase's list afterwards."""
    old = env_value(host, HYDRA)
    prepared = plan_next(host, "hydra")
    assert {one.service: one.wave for one in prepared.plan.stack.services} == {"hydra": 1, "keto": 1}
    run = carry(host, order_rotation(host, prepared))
    for service in ("hydra", "keto"):
        assert running_value(host, service, "SECRETS_SYSTEM") == {env_value(host, HYDRA)}
    back = undo(host, run)
    waves = {one.name: one.wave for one in _steps(host, back) if one.name.startswith("roll-back:")}
    assert waves == {"roll-back:hydra": 1, "roll-back:keto": 1}
    for service in ("hydra", "keto"):
        assert running_value(host, service, "SECRETS_SYSTEM") == {old}
    assert phase(host)


def _steps(host: Host, run: str) -> list[Step]:
    journal = host.journal()
    record = journal.run(run)
    return flow_of(record).steps(host, journal, record)

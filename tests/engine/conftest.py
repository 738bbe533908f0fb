"""One stack of the product for the tests that leave it as they found it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.adapters.state.finding import STATE_DIR
from tests.lab.engine import Lab
from tests.lab.prepared import bring_up
from tests.lab.stack import LabStack


@pytest.fixture(scope="package")
def resting(lab: Lab, worker_id: str) -> Iterator[LabStack]:
    """At v1.5.0, seeded and ready: starting its fifteen services takes longer than any of these tests."""
    made = bring_up(lab, f"resting-{worker_id}")
    yield made
    made.remove()


@pytest.fixture
def in_reach(resting: LabStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabStack:
    """The same with `docker` in reach of this process, and its runs kept in the test's own folder."""
    for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, resting.env[name])
    monkeypatch.setenv(STATE_DIR, str(tmp_path / "state"))
    return resting

"""Where a zoo stack lives: `docker` in reach, state in the test's own folder, everything removed at the end."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.adapters.state.finding import STATE_DIR
from tests.lab.engine import Lab
from tests.zoo.stack import ZooStack, place


@pytest.fixture
def zoo(
    lab: Lab, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ZooStack]:
    """An empty place for the test's stack, to be filled by `bring_up`."""
    for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, lab.env[name])
    monkeypatch.setenv(STATE_DIR, str(tmp_path / "state"))
    stack = place(lab, re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40])
    yield stack
    stack.remove()

"""The small stack of these tests, which each of them leaves serving."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from avnwizard.adapters.state.finding import STATE_DIR
from tests.lab.edge_stack import EdgeStack, bring_up
from tests.lab.engine import Lab

_number = count()


@pytest.fixture(scope="package")
def running(lab: Lab, worker_id: str) -> Iterator[EdgeStack]:
    """The stack, without Traefik's API, its services ending at once on SIGTERM."""
    made = bring_up(lab, f"edge-{worker_id}")
    yield made
    made.stack.remove()


@pytest.fixture
def edge(running: EdgeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EdgeStack:
    """The stack with `docker` in reach."""
    for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, running.stack.env[name])
    monkeypatch.setenv(STATE_DIR, str(tmp_path / "state"))
    return running


@pytest.fixture
def mark() -> str:
    """A text that no other test has: a setting with it is a change to roll."""
    return f"e{os.getpid()}-{next(_number)}"

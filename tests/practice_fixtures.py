"""Fixtures of the practice host: one template for the whole run, and a fresh copy of it for each test."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.practice.host import PracticeHost, open_host
from avnwizard.practice.workshop import make
from tests.in_memory import scratch

SPEED = 1000.0
SEED_ROWS = 200
_TEMPLATE = "practice-template"


@pytest.fixture(scope="session")
def practice_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small practice host at v1.5.0, shut down; made once, by whichever xdist worker is first."""
    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent
    folder = base / _TEMPLATE
    with (base / "practice-template.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            make(folder, speed=SPEED, seed_rows=SEED_ROWS, durable=False).shut_down()
    return folder


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove the template's PostgreSQL data, which lies outside pytest's folders when run as root."""
    factory: pytest.TempPathFactory | None = getattr(session.config, "_tmp_path_factory", None)
    if factory is None or os.environ.get("PYTEST_XDIST_WORKER"):
        return
    folder = factory.getbasetemp() / _TEMPLATE
    if folder.exists():
        open_host(folder).destroy()


def copied(template: Path, home: Path, *, speed: float = SPEED) -> PracticeHost:
    """A copy of the template, one at a time: opening the template makes files that another copy would trip over."""
    with template.with_suffix(".lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make(home, speed=speed, durable=False, template=template)


@pytest.fixture
def practice_host(practice_template: Path) -> Iterator[PracticeHost]:
    """A fresh practice host at v1.5.0: everything healthy, 200 identities, a thousand times faster than the world."""
    with scratch("avnwizard-practice-") as base:
        host = copied(practice_template, base / "practice")
        yield host
        open_host(host.home).destroy()

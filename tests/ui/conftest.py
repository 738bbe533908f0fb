"""A practice stack for each test, and the app on it."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest
from textual.pilot import Pilot

from avnwizard.flows.host import Host
from avnwizard.practice.host import PracticeHost
from avnwizard.ui.app import WizardApp
from avnwizard.wiring import open_host
from screenshots.scenes import drawn, settle, unhurried
from tests.flows.cli import ZYGOTE
from tests.zygote import fork_runs

SMALL, USUAL, LARGE = (60, 20), (80, 24), (120, 40)


class Open(Protocol):
    """Opens the app on the stack of the test."""

    def __call__(self, size: tuple[int, int] = USUAL) -> AbstractAsyncContextManager[Pilot[int]]:
        """The app, once its first screen stands."""


@pytest.fixture(autouse=True)
def _forked_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that the app starts is a process of its own, whose interpreter need not import everything again."""
    fork_runs(monkeypatch, ZYGOTE)


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """The practice stack as the app gets it, its newer releases fetched."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    return open_host(checkout)


@pytest.fixture
def opened(host: Host) -> Open:
    """The app on the practice stack."""

    @asynccontextmanager
    async def enter(size: tuple[int, int] = USUAL) -> AsyncIterator[Pilot[int]]:
        app = WizardApp(host, moment=unhurried())
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            yield pilot

    return enter


def wizard(pilot: Pilot[int]) -> WizardApp:
    """The app of a pilot."""
    assert isinstance(pilot.app, WizardApp)
    return pilot.app


def seen(pilot: Pilot[int]) -> str:
    """The screen as lines of text, as they are on the terminal."""
    return drawn(wizard(pilot))


def pictures(name: str) -> Path:
    """A committed picture of a screen, as text."""
    return Path(__file__).parent / "pictures" / f"{name}.txt"

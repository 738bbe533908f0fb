"""A journal that nobody refers to any more holds no file, also where nothing closed it."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.engine.journal import Journal
from avnwizard.practice.state import State


@pytest.fixture
def no_collector() -> Iterator[None]:
    """The garbage collector is not what closes them: it looks at old objects seldom."""
    gc.disable()
    yield
    gc.enable()


def _open(folder: Path) -> list[str]:
    """The files in the folder that this process has open."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            target = str(link.readlink())
        except FileNotFoundError:  # the listing's own
            continue
        found += [target] if target.startswith(str(folder)) else []
    return found


@pytest.mark.usefixtures("no_collector")
def test_a_journal(tmp_path: Path) -> None:
    """Read, as a screen does every second, and let go."""
    for _ in range(3):
        assert Journal(tmp_path / "journal.db").runs() == []
    assert _open(tmp_path) == []


@pytest.mark.usefixtures("no_collector")
def test_the_practice_hosts_state(tmp_path: Path) -> None:
    """The same."""
    for _ in range(3):
        with State(tmp_path / "practice.sqlite").transaction():
            pass
    assert _open(tmp_path) == []

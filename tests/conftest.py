"""Fixtures that every test may use: the lab, and an operator's stack on it."""

import os
import sys
from collections.abc import Iterator

import pytest

from tests.lab.engine import GOGC, Lab, why_not
from tests.lab.prepared import bring_up
from tests.lab.stack import LabStack
from tests.order import in_order

pytest_plugins = ["tests.practice_fixtures"]
_WANTED = "AVNWIZARD_LAB"
_REQUIRED = {"engine": _WANTED, "kube": "AVNWIZARD_KUBE"}
"""Marker -> the variable that, set to 1, makes a skipped test with that marker a failed one."""

# Container images often switch bytecode off. The tests start avnwizard hundreds of times, and without it each start
# compiles the whole package again, which takes longer than the imports themselves.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# What is watched after an upgrade is tested where it is meant; everywhere else it would only take time.
os.environ.setdefault("AVNWIZARD_BAKE_S", "0")

# Docker's programs are started hundreds of times; a tenth of what a start takes is collecting garbage.
os.environ.setdefault("GOGC", GOGC)


def pytest_configure(config: pytest.Config) -> None:
    """Keep to the order of `tests.order`: xdist would begin with the groups that have the most tests."""
    config.pluginmanager.register(_Groups())
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False
    else:
        config.addinivalue_line("markers", "xdist_group(name): xdist's own, which is not loaded")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a test of the real engine waits for two fifths of its time."""
    return (os.cpu_count() or 1) + 1


def _no_lab() -> str:
    """Why the engine tests are skipped, empty when they run."""
    if os.environ.get(_WANTED) != "1":
        return f"the lab starts only when {_WANTED}=1 asks for it"
    return why_not()


def _shared(item: pytest.Item) -> str:
    """Where the fixture is defined that a test shares with its neighbours, such as a file's stack; "" for none."""
    fixtures = getattr(item, "_fixtureinfo", None)
    found = [known[-1] for known in fixtures.name2fixturedefs.values()] if fixtures else []
    return min((one.baseid for one in found if one.scope in {"module", "package"} and one.baseid), default="")


class _Groups:
    """Tests that share a fixture go to one worker: others would make it too, fifteen services for one test.

    Those that say by themselves what they share, such as the one cluster, stay together across files.
    """

    @pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if not item.get_closest_marker("xdist_group") and (shared := _shared(item)):
                item.add_marker(pytest.mark.xdist_group(shared))


@pytest.hookimpl(trylast=True)  # pytest brings tests of a parametrized fixture together in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring them into the order of `tests.order`, and skip the tests of the real engine where there is none."""
    items[:] = in_order(items, lambda item: item.nodeid)
    reason = _no_lab()
    if not reason:
        return
    for item in items:
        if item.get_closest_marker("engine"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A skipped test of what was asked for is a failed one: CI must not pass by skipping."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # sent by pluggy
    for marker, wanted in _REQUIRED.items():
        if report.skipped and os.environ.get(wanted) == "1" and item.get_closest_marker(marker):
            report.outcome = "failed"
            report.longrepr = f"{wanted}=1, but a test marked {marker} was skipped: {report.longrepr}"
    return report  # type: ignore[return-value]  # as above


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The real engine, up. It stays up after the tests: `python -m tests.lab down` ends it."""
    return Lab().up()


@pytest.fixture
def lab_stack(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabStack]:
    """A stack at v1.5.0 of its own, seeded and ready; PATH and DOCKER_HOST reach its engine."""
    for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, lab.env[name])
    stack = bring_up(lab, "test")
    yield stack
    stack.remove()

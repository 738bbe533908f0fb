"""The rule for tests of the real engine: skipped on a plain run, a failure when CI finds them skipped."""

import pytest

pytest_plugins = ["pytester"]

_TEST = """
import pytest

@pytest.mark.engine
def test_of_the_engine():
    pytest.skip("no engine after all")
"""


def _outcomes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, wanted: str) -> dict[str, int]:
    """The outcomes of one engine test that skips itself."""
    monkeypatch.setenv("AVNWIZARD_LAB", wanted)
    pytester.makeini("[pytest]\nmarkers = engine: needs the engine\n")
    pytester.makepyfile(_TEST)
    found = pytester.runpytest_inprocess("-p", "tests.conftest", "-p", "no:xdist")
    return dict(found.parseoutcomes())


def test_a_plain_run_skips(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without AVNWIZARD_LAB=1 an engine test is skipped."""
    assert _outcomes(pytester, monkeypatch, "")["skipped"] == 1


def test_a_skip_fails_when_the_lab_is_asked_for(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """With AVNWIZARD_LAB=1 an engine test that skips is a failure."""
    outcomes = _outcomes(pytester, monkeypatch, "1")
    assert "skipped" not in outcomes
    assert outcomes["failed"] == 1

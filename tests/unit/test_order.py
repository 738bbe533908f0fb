"""The longest kinds of tests begin first, those of the engine among those that compute."""

from pathlib import Path

import pytest

from tests.order import LAST, SECONDS, in_order, rank

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", [kind for kind in SECONDS if kind])
def test_every_kind_is_there(kind: str) -> None:
    """A kind whose file was renamed would silently begin last."""
    assert (_ROOT / kind).exists()


@pytest.mark.parametrize("beginning", LAST)
def test_what_is_last_is_there(beginning: str) -> None:
    """A file that was renamed would wait for its programs at the beginning."""
    assert list(_ROOT.glob(f"{beginning}*"))


def test_the_longest_begin_first_and_the_rest_stays_in_its_order() -> None:
    """A whole upgrade comes before its neighbours, those before what is short, and equals keep their order."""
    waiting = [
        "tests/engine/test_lab.py::test_b",
        "tests/engine/test_lab.py::test_a",
        "tests/engine/test_upgrade.py::test_there_and_back",
        "tests/zoo/test_identity.py::test_one_that_crash_loops_fails_its_step",
    ]
    computing = ["tests/unit/test_b.py::test_b", "tests/unit/test_a.py::test_a", "tests/ui/test_walk.py::test_walk"]
    late = "tests/engine/test_kubernetes_helm.py::test_up_and_down_again"
    found = in_order([late, *computing, *waiting], str)
    assert found[-1] == late
    assert [one for one in found if one in waiting] == [waiting[2], waiting[0], waiting[1], waiting[3]]
    assert [one for one in found if one in computing] == [computing[2], computing[0], computing[1]]


def test_those_that_wait_are_spread_among_those_that_compute() -> None:
    """Half of the one kind has begun with about half of the other, and the last to begin are short."""
    waiting = [f"tests/zoo/test_env.py::test_{number}" for number in range(20)]
    computing = [f"tests/flows/test_runs.py::test_{number}" for number in range(200)]
    found = in_order([*computing, *waiting], str)
    assert found[0] == waiting[0]
    half = found[: found.index(waiting[10])]
    assert 80 < sum(one in computing for one in half) < 100
    assert not set(found[-25:]) & set(waiting)


def test_a_run_begins_in_that_order(request: pytest.FixtureRequest) -> None:
    """What this very session collected is in the order of the kinds."""
    found = [item.nodeid for item in request.session.items if not item.nodeid.startswith(LAST)]
    for waiting in (True, False):
        ranks = [rank(one) for one in found if one.startswith(("tests/engine/", "tests/zoo/")) is waiting]
        assert ranks == sorted(ranks)


@pytest.fixture(scope="module")
def shared() -> object:
    """Something that the tests of this file could share."""
    return object()


@pytest.mark.usefixtures("shared")
def test_what_shares_a_fixture_goes_to_one_worker(request: pytest.FixtureRequest) -> None:
    """It would be made anew by each worker that gets one of the tests; fifteen services, with some of them."""
    _assert_in(request, "tests/unit/test_order.py")


def test_what_shares_nothing_goes_anywhere(request: pytest.FixtureRequest) -> None:
    """Whoever is free takes it."""
    assert request.node.get_closest_marker("xdist_group") is None


@pytest.mark.xdist_group("of several files")
@pytest.mark.usefixtures("shared")
def test_what_says_its_group_keeps_it(request: pytest.FixtureRequest) -> None:
    """The tests of the one cluster are in several files, each with fixtures of its own."""
    _assert_in(request, "of several files")


def _assert_in(request: pytest.FixtureRequest, group: str) -> None:
    """What xdist goes by is the end of a test's id; with pytest 9.2, xdist 3.8.0 cannot write it and says nothing."""
    mark = request.node.get_closest_marker("xdist_group")
    assert mark is not None
    assert mark.args == (group,)
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith(f"@{group}")

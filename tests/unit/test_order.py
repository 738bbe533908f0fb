"""The longest kinds of tests begin first."""

from pathlib import Path

import pytest

from tests.order import LAST, LONGEST_FIRST, rank

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", LONGEST_FIRST)
def test_every_kind_is_there(kind: str) -> None:
    """A kind whose file was renamed would silently begin last."""
    assert (_ROOT / kind).exists()


@pytest.mark.parametrize("beginning", LAST)
def test_what_is_last_is_there(beginning: str) -> None:
    """A file that was renamed would wait for its programs at the beginning."""
    assert list(_ROOT.glob(f"{beginning}*"))


def test_the_longest_begin_first_and_the_rest_stays_in_its_order() -> None:
    """A whole upgrade comes before its neighbours, those before what is short, and equals keep their order."""
    found = [
        "tests/engine/test_kubernetes_helm.py::test_up_and_down_again",
        "tests/engine/test_lab.py::test_b",
        "tests/engine/test_lab.py::test_a",
        "tests/engine/test_upgrade.py::test_there_and_back",
        "tests/unit/test_b.py::test_b",
        "tests/unit/test_a.py::test_a",
        "tests/zoo/test_identity.py::test_a_shared_network",
    ]
    assert sorted(found, key=rank) == [
        "tests/engine/test_upgrade.py::test_there_and_back",
        "tests/zoo/test_identity.py::test_a_shared_network",
        "tests/engine/test_lab.py::test_b",
        "tests/engine/test_lab.py::test_a",
        "tests/unit/test_b.py::test_b",
        "tests/unit/test_a.py::test_a",
        "tests/engine/test_kubernetes_helm.py::test_up_and_down_again",
    ]


def test_a_run_begins_in_that_order(request: pytest.FixtureRequest) -> None:
    """What this very session collected is in the order of the kinds."""
    ranks = [rank(item.nodeid) for item in request.session.items]
    assert ranks == sorted(ranks)

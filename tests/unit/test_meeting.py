"""Where the steps of a wave meet, and how long they wait for each other."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from avnwizard.engine.wave import Wave
from tests.waiting import until


@pytest.mark.parametrize(("patience_s", "met"), [(0.5, ["quick"]), (2.0, ["quick", "slow"])])
def test_a_slow_one_is_waited_for_as_long_as_the_place_is_worth(patience_s: float, met: list[str]) -> None:
    """It comes a second later: a place of half a second does without it, one of two seconds serves both."""
    slept, late = 0.0, list[threading.Thread]()

    def sleep(seconds: float) -> None:
        nonlocal slept
        slept += seconds
        if slept >= 1.0 and not late:
            late.append(threading.Thread(target=come, args=("slow",)))
            late[0].start()
            until(lambda: wave._places["slow"] == 1)

    def come(name: str) -> list[str]:
        return wave.together(name, 1, name, sorted, patience_s=patience_s)

    wave = Wave(["quick", "slow"], sleep=sleep)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(come, "quick").result() == met
    wave.leave("quick")
    for one in late:
        one.join()


def test_who_has_nothing_to_do_at_a_place_is_not_waited_for() -> None:
    """It is still at work before that place, and meets the others at the next one."""
    slept = list[float]()
    wave = Wave(["routed", "plain"], sleep=slept.append)
    with ThreadPoolExecutor(2) as pool:
        wave.pass_by("plain", 1)
        assert pool.submit(wave.together, "routed", 1, "routed", sorted).result() == ["routed"]
        assert slept == []
        first = pool.submit(wave.together, "routed", 2, "routed", sorted, patience_s=float("inf"))
        until(lambda: bool(slept))
        assert wave.together("plain", 2, "plain", sorted) == first.result() == ["plain", "routed"]

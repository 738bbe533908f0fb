"""How long a run has yet to go: expected at first, corrected by what was measured, told by a step where it knows."""

import pytest

from avnwizard.domain.ahead import Leg, left_s, share, shares


def test_at_first_what_was_expected_is_left() -> None:
    """Nothing is done: all of it, and the bar is empty."""
    legs = [Leg("ahead", 10.0), Leg("ahead", 30.0)]
    assert left_s(legs) == 40.0
    assert share(legs) == 0.0


def test_steps_that_took_half_as_long_shorten_the_rest() -> None:
    """The more of the way was measured, the more the measurement counts; it never counts for everything."""
    little = left_s([Leg("done", 10.0, 5.0), Leg("ahead", 90.0)])
    much = left_s([Leg("done", 60.0, 30.0), Leg("ahead", 40.0)])
    assert little is not None
    assert much is not None
    assert 45.0 < little < 90.0
    assert 20.0 < much < 28.0


def test_a_step_at_work_counts_what_it_took() -> None:
    """Off its expectation first; past that it never says that nothing is left."""
    assert left_s([Leg("at work", 40.0, 10.0)]) == 30.0
    assert left_s([Leg("at work", 40.0, 400.0)]) == pytest.approx(4.0)
    assert left_s([Leg("at work", 40.0, 10.0, told_left_s=3.0), Leg("ahead", 5.0)]) == 8.0


def test_the_bar_goes_by_time() -> None:
    """One long step of four is more than a quarter of the way."""
    legs = [Leg("done", 90.0, 90.0), *[Leg("ahead", 10.0 / 3)] * 3]
    assert share(legs) == pytest.approx(0.9)


def test_where_nothing_was_expected_nobody_knows() -> None:
    """No time left is made up, and the bar goes by the number of steps."""
    legs = [Leg("done", 0.0, 7.0), Leg("at work", 0.0, 1.0), Leg("ahead", 0.0)]
    assert left_s(legs) is None
    assert share(legs) == pytest.approx(1 / 3)
    assert share([]) == 0.0
    assert share([Leg("done", 1.0, 1.0)]) == 1.0


def test_no_second_counts_twice() -> None:
    """Steps that were at work at the same time share it, and one that was not takes none."""
    found = shares([(0.0, 10.0), (0.0, 4.0), (20.0, 25.0), (7.0, 0.0)])
    assert found == [8.0, 2.0, 5.0, 0.0]
    assert sum(found) == 15.0

"""The practice clock."""

from avnwizard.practice.clock import PracticeClock


def test_a_deadline_allows_as_many_looks_as_in_the_world() -> None:
    """Waits are shortened and count in full: sixty polls of a second fit into a minute, and not many more."""
    clock = PracticeClock(speed=1e6)
    deadline = clock.now() + 60
    looks = 0
    while clock.now() < deadline:
        clock.sleep(1)
        looks += 1
    assert 1 <= looks <= 60


def test_a_negative_wait_is_none() -> None:
    """Time never goes back."""
    clock = PracticeClock(speed=2)
    before = clock.now()
    clock.sleep(-5)
    assert clock.now() >= before

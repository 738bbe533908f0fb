"""A wave: steps that are carried out at the same time, and that do some things once for all of them."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Order = TypeVar("Order")
Result = TypeVar("Result")
_PATIENCE_S = 3.0
"""What is done once instead of several times saves seconds, not minutes: nobody waits longer for a slow member."""
_AWAY = 1 << 30


@dataclass
class _Batch:
    """What the members that met at one place want."""

    began: float
    orders: dict[str, Any] = field(default_factory=dict)
    taken: bool = False
    done: bool = False
    result: Any = None
    error: BaseException | None = None


class Wave:
    """The places where the members of a wave meet; each passes them in rising order, and may pass some by.

    Args:
        members: the names of the steps, all at work from the beginning.
        patience_s: how long those that have come to a place wait there for the others at most.
    """

    def __init__(self, members: Iterable[str], *, patience_s: float = _PATIENCE_S) -> None:
        self._places = dict.fromkeys(members, 0)
        self._patience_s = patience_s
        self._changed = threading.Condition()
        self._open: dict[int, _Batch] = {}

    def together(self, member: str, place: int, order: Order, act: Callable[[Sequence[Order]], Result]) -> Result:
        """Do something for all members that come to this place; what `act` returned for all of them.

        One member carries it out while the others wait. Where it fails for several, each tries it alone, so that only
        the one that cannot have it fails.

        Raises:
            Whatever `act` raises for this member's order alone.
        """
        with self._changed:
            self._places[member] = place
            batch = self._open.setdefault(place, _Batch(time.monotonic()))
            batch.orders[member] = order
            self._changed.notify_all()
            leads = self._waits_until_it_may_lead(batch, place)
        if leads:
            self._carry_out(batch, act)
        if batch.error is None:
            return batch.result  # type: ignore[no-any-return]  # what this place's `act` returned
        if len(batch.orders) == 1 or not isinstance(batch.error, Exception):
            raise batch.error
        return act([order])

    def leave(self, member: str) -> None:
        """A member is done, or goes its own way: nobody waits for it (any more)."""
        with self._changed:
            self._places[member] = _AWAY
            self._changed.notify_all()

    def _waits_until_it_may_lead(self, batch: _Batch, place: int) -> bool:
        """Wait until nobody has yet to come, or for long enough; False where another member did it meanwhile."""
        while not batch.taken and any(at < place for at in self._places.values()):
            left_s = batch.began + self._patience_s - time.monotonic()
            if left_s <= 0:
                break
            self._changed.wait(left_s)
        if not batch.taken:
            batch.taken = True
            del self._open[place]
            return True
        while not batch.done:
            self._changed.wait()
        return False

    def _carry_out(self, batch: _Batch, act: Callable[[Sequence[Any]], Any]) -> None:
        try:
            batch.result = act(list(batch.orders.values()))
        except BaseException as error:  # noqa: BLE001 - it is raised in every member's own thread
            batch.error = error
        with self._changed:
            batch.done = True
            self._changed.notify_all()

"""A wave: steps that are carried out at the same time, and that do some things once for all of them."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Order = TypeVar("Order")
Result = TypeVar("Result")
PATIENCE_S = 0.5
"""How long a member waits for slow ones, unless a place is worth more. Those that come while something is done for
others meet again after it."""
_POLL_S = 0.05
_AWAY = 1 << 30


@dataclass
class _Batch:
    """What the members that met at one place want."""

    orders: dict[str, Any] = field(default_factory=dict)
    taken: bool = False
    done: bool = False
    result: Any = None
    error: BaseException | None = None


class Wave:
    """The places where the members of a wave meet; each passes them in rising order, and may pass some by.

    Args:
        members: the names of the steps, all at work from the beginning.
        sleep: waits for some seconds, as the clock has it by which the steps go.
    """

    def __init__(self, members: Iterable[str], *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._places = dict.fromkeys(members, 0)
        self._sleep = sleep
        self._changed = threading.Condition()
        self._open: dict[int, _Batch] = {}
        self._busy: set[int] = set()

    def together(
        self,
        member: str,
        place: int,
        order: Order,
        act: Callable[[Sequence[Order]], Result],
        *,
        patience_s: float = PATIENCE_S,
    ) -> Result:
        """Do something for all members that come to this place; what `act` returned for all of them.

        One member carries it out while the others wait; those that come meanwhile are served together after it. Where
        it fails for several, each tries it alone, so that only the one that cannot have it fails.

        Args:
            patience_s: how long those that are there wait for the others.

        Raises:
            Whatever `act` raises for this member's order alone.
        """
        with self._changed:
            self._places[member] = place
            batch = self._open.setdefault(place, _Batch())
            batch.orders[member] = order
            self._changed.notify_all()
        if self._waits_until_it_may_lead(batch, place, patience_s):
            self._carry_out(batch, place, act)
        if batch.error is None:
            return batch.result  # type: ignore[no-any-return]  # what this place's `act` returned
        if len(batch.orders) == 1 or not isinstance(batch.error, Exception):
            raise batch.error
        return act([order])

    def pass_by(self, member: str, place: int) -> None:
        """A member does not come to a place: those that meet there need not wait for it."""
        with self._changed:
            self._places[member] = place
            self._changed.notify_all()

    def leave(self, member: str) -> None:
        """A member is done, or goes its own way: nobody waits for it (any more)."""
        with self._changed:
            self._places[member] = _AWAY
            self._changed.notify_all()

    def _waits_until_it_may_lead(self, batch: _Batch, place: int, left_s: float) -> bool:
        """Wait until nobody has yet to come, or for long enough; False where another member did it meanwhile."""
        while True:
            with self._changed:
                while not batch.done and (batch.taken or place in self._busy):
                    self._changed.wait()
                if batch.done:
                    return False
                if left_s <= 0 or all(at >= place for at in self._places.values()):
                    batch.taken = True
                    del self._open[place]
                    self._busy.add(place)
                    return True
            self._sleep(_POLL_S)
            left_s -= _POLL_S

    def _carry_out(self, batch: _Batch, place: int, act: Callable[[Sequence[Any]], Any]) -> None:
        try:
            batch.result = act(list(batch.orders.values()))
        except BaseException as error:  # noqa: BLE001 - it is raised in every member's own thread
            batch.error = error
        with self._changed:
            batch.done = True
            self._busy.discard(place)
            self._changed.notify_all()

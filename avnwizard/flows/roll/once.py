"""Something to be done once: in a thread of its own while others are waited for, or else when its turn comes."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Once:
    """Does it at the latest when it is called, and raises there what it raised.

    Args:
        act: what is to be done.
    """

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._begun: Future[None] | None = None

    def begin(self) -> None:
        """Begin it, and do not wait for its end."""
        pool = ThreadPoolExecutor(1, thread_name_prefix="meanwhile")
        self._begun = pool.submit(self._act)
        pool.shutdown(wait=False)

    def finish(self) -> None:
        """Wait for its end, where it was begun."""
        if self._begun:
            self._begun.result()

    def __call__(self) -> None:
        """See that it is done."""
        if self._begun is None:
            self._act()
        else:
            self.finish()

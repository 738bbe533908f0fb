"""Look several times a second, alongside the probe, which services have a container that the edge may route to."""

import threading
from collections.abc import Callable

from avnwizard.flows.host import Host

_LOOK_S, _MOST_S = 0.25, 2.0
_SHARE = 0.1
"""Of the time is spent on looking, unless the engine is so slow that it would hardly be looked at any more."""


def serving(host: Host) -> frozenset[str]:
    """The services that have a container to route to: one that serves, or one that a director sends requests to.

    Raises:
        HostError: that cannot be seen now.
    """
    return host.platform.serving()


Looked = Callable[[float, float, frozenset[str] | None], None]
"""Called after each look: when it began and ended, and who served then; None where that could not be seen."""


class PresenceWatch:
    """Looks who serves, on a thread of its own, until it is stopped. It never raises.

    Args:
        now: the clock of the probe's times, in seconds.
        looked: called after each look, on that thread.
    """

    def __init__(self, host: Host, now: Callable[[], float], looked: Looked) -> None:
        self._host, self._now, self._looked = host, now, looked
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="edge presence", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look once more, so that everything that was asked until now can be judged."""
        self._stop.set()
        self._thread.join(10.0)

    def _look_on(self) -> None:
        pause_s = 0.0
        while not self._stop.wait(pause_s):
            pause_s = min(max(_LOOK_S, self._look() / _SHARE), _MOST_S)
        self._look()

    def _look(self) -> float:
        """How long it took, in seconds."""
        began_s = self._now()
        try:
            found: frozenset[str] | None = serving(self._host)
        except Exception:  # noqa: BLE001 - a run is not stopped because nobody can measure it
            found = None
        ended_s = self._now()
        self._looked(began_s, ended_s, found)
        return ended_s - began_s

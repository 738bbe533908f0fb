"""Named places where a test can kill the run, or signal it: at every journal commit and around every effect."""

import os
import signal
from collections import Counter
from pathlib import Path

KILL_AT = "AVNWIZARD_FAULT"
"""Environment: `NAME` or `NAME#N`; the process kills itself (SIGKILL) at the N-th passage. `SIGTERM@NAME` and the
like send it another signal."""
LOG_TO = "AVNWIZARD_FAULT_LOG"
"""Environment: a file that gets one line for each passage, so that a test can list them all."""

_passages: Counter[str] = Counter()


def fault_point(name: str) -> None:
    """Do nothing, unless the environment orders a crash here."""
    kill_at, log_to = os.environ.get(KILL_AT), os.environ.get(LOG_TO)
    if kill_at is None and log_to is None:
        return
    _passages[name] += 1
    passage = f"{name}#{_passages[name]}"
    if log_to is not None:
        with Path(log_to).open("a", encoding="utf-8") as log:
            log.write(passage + "\n")
    number, _, place = (kill_at or "").rpartition("@")
    if place in {passage, name}:
        os.kill(os.getpid(), signal.Signals[number] if number else signal.SIGKILL)

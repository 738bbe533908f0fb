"""Which of several state folders is the one to go on with: that of the newest unfinished run, else of the newest."""

from pathlib import Path

from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED
from avnwizard.errors import HostError

_JOURNALS = ("journal.db", "by-hand.db")


def standing(folder: Path) -> tuple[bool, float]:
    """How much speaks for a folder: whether a run is unfinished in it, and when that run, or the last, was made."""
    runs = []
    for name in _JOURNALS:
        try:
            runs += Journal.look(folder / name)
        except HostError:
            return False, 0.0
    unfinished = [run.created_at for run in runs if run.state in UNFINISHED]
    return bool(unfinished), max(unfinished or [run.created_at for run in runs], default=0.0)

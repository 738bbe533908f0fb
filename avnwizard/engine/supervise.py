"""Starts the process that carries a run: in a session of its own, so that it outlives the terminal."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from avnwizard.engine.private import make_file, make_folder
from avnwizard.engine.records import RunRecord

_DRAWS = 10_000


def spawn(argv: Sequence[str], *, log: Path) -> subprocess.Popen[bytes]:
    """Start a process that survives SIGHUP and Ctrl+C of the terminal it was started from.

    Args:
        argv: the command; it must hold no secret.
        log: gets its stdout and stderr; as private as its folder.
    """
    make_folder(log.parent)
    make_file(log)
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    try:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            cwd="/",
        )
    finally:
        os.close(descriptor)


def new_run_id(now: float | None = None) -> str:
    """A run's name: when it was made, in local time, and two random hex digits: "20261123-0214-7f"."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    return f"{stamp}-{os.urandom(1).hex()}"


def fresh_run_id(runs: Sequence[RunRecord]) -> str:
    """A name that none of some runs has: two of one second may draw the same digits."""
    known = {run.id for run in runs}
    return next(run for _ in range(_DRAWS) if (run := new_run_id(time.time())) not in known)

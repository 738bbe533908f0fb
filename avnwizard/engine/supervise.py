"""Starts the process that carries a run: in a session of its own, so that it outlives the terminal."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path


def spawn(argv: Sequence[str], *, log: Path) -> subprocess.Popen[bytes]:
    """Start a process that survives SIGHUP and Ctrl+C of the terminal it was started from.

    Args:
        argv: the command; it must hold no secret.
        log: gets its stdout and stderr (0600).
    """
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
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

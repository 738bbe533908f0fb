"""Starts the child that parses SQL, asks it, and says why it ended."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import weakref

from avnwizard.adapters.sql.wire import LARGEST_BYTES, Limits

_ARGV = (sys.executable, "-P", "-m", "avnwizard.adapters.sql.worker")
_PASSED_ON = ("HOME", "PATH", "PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE")
"""What Python needs to find the same packages: the environment may hold secrets, which the child has no use for."""
_ANSWER_BYTES = 8 * LARGEST_BYTES
_LAST_S = 2.0
"""How long a child that closed its output may take to be gone."""


class Child:
    """One started child, in a session of its own. Any thread may start it: nothing runs between fork and exec."""

    def __init__(self, limits: Limits) -> None:
        self.asked = 0
        self._limits = limits
        self._overdue = threading.Event()
        self._process = subprocess.Popen(
            [*_ARGV, str(limits.cpu_s), str(limits.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        self._end = weakref.finalize(self, _end, self._process)

    def ask(self, question: bytes) -> bytes:
        """One line for one line; b"" where the child ended instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.asked += 1
        watch = threading.Timer(self._limits.wall_s, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            self._process.stdin.write(question)
            self._process.stdin.flush()
            line = self._process.stdout.readline(_ANSWER_BYTES)
        except OSError:
            line = b""
        finally:
            watch.cancel()
        return line if line.endswith(b"\n") else b""

    def _give_up(self) -> None:
        self._overdue.set()
        self._process.kill()

    def ended(self) -> tuple[str, bool]:
        """(why the child ended, whether it took too long), once an answer did not come."""
        try:
            code = self._process.wait(_LAST_S)
        except subprocess.TimeoutExpired:
            return "the process that reads SQL gave no answer", False
        finally:
            self._end()
        if self._overdue.is_set():
            return f"PostgreSQL's parser did not finish within {self._limits.wall_s:g} s", True
        if code == -signal.SIGXCPU:
            return f"PostgreSQL's parser did not finish within {self._limits.cpu_s} s", True
        if code < 0:
            return f"it crashed PostgreSQL's parser (signal {-code})", False
        return f"the process that reads SQL ended with code {code}", False


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a child at once: it has nothing to lose, and whoever waits for its answer hears the pipe close."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()

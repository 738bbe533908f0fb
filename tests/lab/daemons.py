"""The lab's two servers, the engine and the registry: started in a session of their own, ended by pid."""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.errors import LabError

_START_S = 40.0
_STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class Daemon:
    """A server known by its pid file. `ready` says whether it answers.

    `within` is what it is started through and replaces, such as `nsenter` with its options.
    """

    name: str
    command: Sequence[str]
    run: Path
    env: dict[str, str]
    ready: Callable[[], bool]
    within: Sequence[str] = ()

    @property
    def log(self) -> Path:
        """What it says."""
        return self.run / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The running server's pid, None when it is not running (a pid taken over is not ours)."""
        try:
            pid = int((self.run / f"{self.name}.lab-pid").read_text("ascii"))
            running = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
        except (OSError, ValueError):
            return None
        return pid if Path(running).name == Path(self.command[0]).name else None

    def start(self) -> bool:
        """Start it unless it runs, and wait until it answers; True when it had to be started."""
        pid = self.pid
        if pid is not None and self._wait(pid):
            return False
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*self.within, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.env,
                start_new_session=True,
                cwd="/",
            )
        (self.run / f"{self.name}.lab-pid").write_text(str(process.pid), "ascii")
        if self._wait(process.pid):
            return True
        tail = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-15:])
        raise LabError(f"{self.name} does not answer:\n{tail}")

    def stop(self) -> bool:
        """End it by pid and wait for that; True when it ran."""
        pid = self.pid
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        limit = time.monotonic() + _STOP_S
        while time.monotonic() < limit:
            if not _alive(pid):
                return True
            time.sleep(0.1)
        raise LabError(f"{self.name} (pid {pid}) is still running {_STOP_S:.0f} s after SIGTERM")

    def _wait(self, pid: int) -> bool:
        """Until it answers. By pid alone: a process that has just been started may have no name yet."""
        limit = time.monotonic() + _START_S
        while time.monotonic() < limit:
            if self.ready():
                return True
            if not _alive(pid):
                return False
            time.sleep(0.1)
        return False


def answers(url: str) -> bool:
    """Whether a GET of this loopback address is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - a loopback http address of our own
            return bool(answer.status == 200)
    except OSError:
        return False


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    if state != "Z":
        return True
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return False
    return False

"""What a command costs while it runs: seconds, its process tree's memory, and a container's CPU."""

import http.client
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_S = 0.1


@dataclass(frozen=True)
class Cost:
    """Of one command.

    Attributes:
        peak_bytes: the greatest sum of proportional resident memory (PSS) of its process tree.
        streaming_bytes: the same, but for the moments at which Compose ran: what it takes is its own.
    """

    seconds: float
    peak_bytes: int
    streaming_bytes: int
    server_cpu_s: float


def measured(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, engine: Path, container: str, to: Path | None = None
) -> Cost:
    """Run a command to its end.

    Args:
        engine: the Docker engine's socket.
        container: whose CPU is counted.
        to: a file that gets its stdout.
    """
    os.sync()  # what the one before left to be written is not this one's to wait for
    before = _cpu_s(engine, container)
    began = time.monotonic()
    with (to or Path(os.devnull)).open("wb") as out:
        process = subprocess.Popen(list(argv), env=dict(env), cwd=cwd, stdout=out, stderr=subprocess.PIPE)
        peak = _Peak(process.pid)
        said = process.communicate()[1]
    seconds = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"{argv[:4]} ended with {process.returncode}: {said.decode(errors='replace')[-2000:]}")
    return Cost(seconds, *peak.stop(), _cpu_s(engine, container) - before)


class _Peak:
    """Samples the memory of a process and its descendants, whatever session they are in.

    Strangers are looked at once: a sample that reads all of /proc takes 4 ms of what is measured.
    """

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._streaming, self._end = pid, 0, 0, threading.Event()
        self._ours, self._strangers = {pid}, set[int]()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> tuple[int, int]:
        """The greatest sums seen, in bytes: of all moments, and of those without Compose."""
        self._end.set()
        self._thread.join()
        return self._peak, self._streaming

    def _watch(self) -> None:
        while not self._end.wait(_SAMPLE_S):
            self._look_around()
            found = sum(_resident(pid) for pid in self._ours)
            self._peak = max(self._peak, found)
            self._streaming = max(self._streaming, 0 if any(map(_is_compose, self._ours)) else found)

    def _look_around(self) -> None:
        """Sort the new processes into ours and strangers."""
        there = {int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit()}
        self._ours &= there
        self._strangers &= there
        parents = {pid: _parent(pid) for pid in there - self._ours - self._strangers}
        while new := {pid for pid, parent in parents.items() if parent in self._ours} - self._ours:
            self._ours |= new
        self._strangers |= parents.keys() - self._ours
        # a child between vfork and exec lives in its parent's memory: counted there, and looked at again
        self._ours -= {pid for pid, parent in parents.items() if pid in self._ours and _stack(pid) == _stack(parent)}


def _resident(pid: int) -> int:
    """Proportional resident bytes; 0 of a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _is_compose(pid: int) -> bool:
    try:
        return "docker-compose" in Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0")[0]
    except OSError:
        return False


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def _stack(pid: int) -> str:
    """Where a process's stack begins (`startstack` in proc(5)): the same only in the same memory."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[25]
    except (OSError, IndexError):
        return ""


def _cpu_s(engine: Path, container: str) -> float:
    """CPU seconds of a container since it started, as the engine's statistics say."""
    connection = http.client.HTTPConnection("engine")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(engine))
    try:
        connection.request("GET", f"/containers/{container}/stats?stream=false&one-shot=true")
        found = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return float(found["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9

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
    """Samples the memory of a process and its descendants, whatever session they are in."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._streaming, self._end = pid, 0, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> tuple[int, int]:
        """The greatest sums seen, in bytes: of all moments, and of those without Compose."""
        self._end.set()
        self._thread.join()
        return self._peak, self._streaming

    def _watch(self) -> None:
        while not self._end.wait(_SAMPLE_S):
            found, composing = _resident(self._pid)
            self._peak = max(self._peak, found)
            self._streaming = max(self._streaming, 0 if composing else found)


def _resident(root: int) -> tuple[int, bool]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)):
            children.setdefault(parent, []).append(int(entry.name))
    total, composing, left = 0, False, [root]
    while left:
        pid = left.pop()
        # a child between vfork and exec lives in its parent's memory: counted there
        left += [child for child in children.get(pid, []) if _stack(child) != _stack(pid)]
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
        except OSError:
            continue
        composing = composing or _is_compose(pid)
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total, composing


def _is_compose(pid: int) -> bool:
    try:
        return "docker-compose" in Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0")[0]
    except OSError:
        return False


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
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

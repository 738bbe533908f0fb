"""`python -m tests.bench.wire`: what the wizard costs over SSH. First paint, idle, a run, a keypress; at 80x24."""

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from avnwizard.practice.workshop import make
from avnwizard.wiring import open_host
from tests.ui.real_terminal import Terminal, spawn
from tests.ui.test_runs import created

_SPEED = 8.0
_IDLE_S = 5.0
_KEYS = 20
_SETTLED_S = 2.0
"""Keys that come sooner after a change are ignored (`avnwizard.ui.settling`)."""


def figures() -> list[tuple[str, str]]:
    """Measure each: what, and its figure."""
    home = Path(tempfile.mkdtemp(prefix="avnwizard-bench-"))
    practice = make(home / "stack", speed=_SPEED)
    checkout = practice.project.directory
    host = open_host(checkout)
    host.repo.fetch()
    try:
        rows = [*_opening(checkout), *_still(checkout)]
        created(host)
        return rows + _run(checkout)
    finally:
        practice.destroy()
        shutil.rmtree(home, ignore_errors=True)


def main() -> None:
    """Print a table."""
    show(figures())


def show(rows: list[tuple[str, str]]) -> None:
    """Print figures as a table in Markdown."""
    print("| what | figure |\n| --- | --- |")
    for name, value in rows:
        print(f"| {name} | {value} |")


def _opening(checkout: Path) -> list[tuple[str, str]]:
    paints = []
    for _ in range(4):
        began = time.monotonic()
        terminal = spawn([], checkout)
        paints.append(terminal.wait_for("What would you like to do?") - began)
        _leave(terminal)
    return [("first paint, warm, best and median", f"{min(paints[1:]):.3f} s, {statistics.median(paints[1:]):.3f} s")]


def _still(checkout: Path) -> list[tuple[str, str]]:
    terminal = spawn([], checkout)
    terminal.wait_for("22 of 22 serve")
    terminal.read(2.0)
    terminal.forget()
    idle = len(terminal.read(_IDLE_S))
    keys = _key_latencies(terminal)
    _leave(terminal)
    return [
        (f"idle for {_IDLE_S:.0f} s", f"{idle} bytes"),
        ("keypress, median and worst", _said(keys)),
    ]


def _key_latencies(terminal: Terminal) -> list[float]:
    found = []
    for number in range(_KEYS):
        terminal.forget()
        pressed = time.monotonic()
        terminal.write("\x1b[B" if number % 2 == 0 else "\x1b[A")
        terminal.read(0.4)
        if terminal.received:
            found.append(terminal.received[0][0] - pressed)
    return found


def _run(checkout: Path) -> list[tuple[str, str]]:
    terminal = spawn([], checkout)
    terminal.wait_for("Try again")
    terminal.read(_SETTLED_S)
    terminal.write("\x1b[B\r")
    terminal.wait_for("leave it stopped")
    terminal.write("\r")
    terminal.wait_for("▶ running")
    keys = _in_a_run(terminal)
    terminal.forget()
    began = time.monotonic()
    while "The upgrade is done" not in terminal.text and time.monotonic() - began < 300:
        terminal.read(2.0)
    length_s = time.monotonic() - began
    per_second: dict[int, int] = {}
    for at, chunk in terminal.received:
        per_second[int(at - began)] = per_second.get(int(at - began), 0) + len(chunk)
    total = sum(per_second.values())
    _leave(terminal)
    return [
        (f"a run of {length_s:.0f} s", f"{total / 1024:.1f} KiB, {total / length_s / 1024:.2f} KiB/s"),
        ("its busiest second", _busiest(per_second)),
        ("a help screen during it, median and worst", _said(keys)),
    ]


def _busiest(per_second: dict[int, int]) -> str:
    second, size = max(per_second.items(), key=lambda one: one[1])
    return f"{size / 1024:.2f} KiB, second {second}"


def _in_a_run(terminal: Terminal) -> list[float]:
    """From `?` to the last word of what it shows, while the dumps are under way."""
    found = []
    for _ in range(5):
        terminal.forget()
        pressed = time.monotonic()
        terminal.write("?")
        found.append(terminal.wait_for("The run as it goes") - pressed)
        terminal.write("\x1b")
        terminal.read(0.4)
    return found


def _said(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.0f} ms, {max(seconds) * 1000:.0f} ms ({len(seconds)} answered)"


def _leave(terminal: Terminal) -> None:
    terminal.write("q")
    terminal.read(0.5)
    terminal.wait()


if __name__ == "__main__":
    main()

"""`python -m tests.bench.keys [MB]`: how long a key takes while a dump of several hundred MB and the probe run.

The practice stack's own PostgreSQL is filled with text that hardly compresses; the run is at its snapshot meanwhile.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from avnwizard.flows.holding import is_live
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.practice.workshop import make
from avnwizard.wiring import open_host
from tests.bench.wire import show
from tests.ui.real_terminal import Terminal, spawn
from tests.ui.test_runs import created

_SPEED, _KEYS, _MEGABYTES = 4.0, 16, 400
_FILL = """
CREATE TABLE IF NOT EXISTS bench_filling AS
SELECT n, (SELECT string_agg(md5(n || ' ' || g), '') FROM generate_series(1, 32) AS g) AS said
FROM generate_series(1, {rows}) AS n
"""
_ROW_BYTES = 1060


def figures(megabytes: int) -> list[tuple[str, str]]:
    """Fill, start a run, press keys while it dumps: what, and its figure."""
    home = Path(tempfile.mkdtemp(prefix="avnwizard-bench-"))
    practice = make(home / "stack", speed=_SPEED)
    host = open_host(practice.project.directory)
    host.repo.fetch()
    try:
        dsn = practice.stack.resolve().raw["services"]["avnology-migrate"]["environment"]["DATABASE_URL"]
        with practice.stack.observer.connect(dsn) as connection:
            connection.execute(_FILL.format(rows=megabytes * 1_000_000 // _ROW_BYTES).encode())
        size = sum(one.size_bytes for one in host.database().databases())
        run = created(host)
        launch.start(host, run)
        terminal = spawn([], practice.project.directory)
        terminal.wait_for("▶ running")
        opening = _pressed(terminal, "l", "\x1b")
        helping = _helped(terminal)
        step = next(one.title for one in host.journal().steps(run) if one.state != "done")
        terminal.write("q")
        terminal.read(1.0)
        terminal.wait()
        _wait(host, run)
    finally:
        practice.destroy()
        shutil.rmtree(home, ignore_errors=True)
    busy = f"in a busy run ({size / 1e6:.0f} MB of databases; at its end at: {step})"
    return [
        (f"log and back, to the first byte, {busy}", _said(opening)),
        (f"help, to its last word, {busy}", _said(helping)),
    ]


def main() -> None:
    """Print a table."""
    show(figures(int(sys.argv[1]) if len(sys.argv) > 1 else _MEGABYTES))


def _said(seconds: list[float]) -> str:
    return (
        f"median {statistics.median(seconds) * 1000:.0f} ms, worst {max(seconds) * 1000:.0f} ms ({len(seconds)} keys)"
    )


def _pressed(terminal: Terminal, *keys: str) -> list[float]:
    """Keys that always change the screen: else the next word of the run would be timed."""
    found = []
    for number in range(_KEYS):
        terminal.read(0.2)
        terminal.forget()
        pressed = time.monotonic()
        terminal.write(keys[number % len(keys)])
        terminal.read(0.5)
        if terminal.received:
            found.append(terminal.received[0][0] - pressed)
    return found


def _helped(terminal: Terminal) -> list[float]:
    found = []
    for _ in range(_KEYS):
        terminal.forget()
        pressed = time.monotonic()
        terminal.write("?")
        found.append(terminal.wait_for("The run as it goes") - pressed)
        terminal.write("\x1b")
        terminal.read(0.4)
    return found


def _wait(host: Host, run: str) -> None:
    host.journal().post(run, "abort")
    for _ in range(1200):
        if not is_live(host, run):
            return
        time.sleep(0.1)


if __name__ == "__main__":
    main()

"""`python -m tests.bench.postgres_major [--mb N] [--big] [--ways WAY …]`: 17 to 18 by the guide and by each way.

One stack on the lab, with N megabytes (default 1024; --big is 5120) in one database among the stack's own. A writer
asks the stack's own edge for a row every 20 ms, and counts what was acknowledged; another one writes by PgBouncer.
Every contender begins with the same data; the guide's lossless order is 1.0. A guide that comes last spares the disk
that its copy of the volume would take: `--big --ways copy dump logical "guide without loss"` needs about 25 GB free.
Say the load of the machine alongside: the figures are of one run.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from avnwizard.domain.postgres.major import Way
from avnwizard.engine.journal import Journal
from tests.bench.acknowledged import Written, lost_pooled, writing, writing_pooled
from tests.bench.postgres_guide import GUIDE
from tests.bench.snapshot_data import DESCRIBED, fill
from tests.lab.engine import Lab
from tests.lab.prepared import bring_up
from tests.lab.stack import LabStack

_BASE, _BIG_MB = "guide without loss", 5120
_CLEARED = "UPDATE pg_attribute SET attoptions = NULL WHERE attoptions::text LIKE '%attver%'"
"""Debian's 17.12 marks columns with an option that 18.6 refuses; official images have none."""
_SETTLE_S, _SAMPLE_S = 2.0, 1.0


@dataclass
class Seen:
    """Of one contender; seconds, and bytes above what was there."""

    interruption_s: float = 0.0
    lost: int = 0
    written: int = 0
    total_s: float = 0.0
    disk: int = 0
    back_s: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)
    load: float = 0.0
    pooled_s: float = 0.0
    pooled_refused: int = 0


def main() -> None:
    """Bring a stack up, fill it, measure, take it away."""
    options = argparse.ArgumentParser()
    options.add_argument("--mb", type=int, default=1024)
    options.add_argument("--big", action="store_true", help="5 GB")
    options.add_argument("--ways", nargs="*", default=[*GUIDE, *get_args(Way)])
    wanted = options.parse_args()
    stack = bring_up(Lab().up(), "postgresbench")
    work = Path(tempfile.mkdtemp(prefix="avnwizard-bench-"))
    found: dict[str, Seen] = {}
    try:
        size = _filled(stack, _BIG_MB if wanted.big else wanted.mb)
        print(f"{size / 1e6:,.0f} MB of tables: {DESCRIBED}; {os.cpu_count()} cores", flush=True)
        if set(wanted.ways[:-1]) & set(GUIDE):
            _keep(stack, work / "master")
        for way in wanted.ways:
            found[way] = _guide(stack, way) if way in GUIDE else _way(stack, way, work / way)
            print(_line(way, found[way], found.get(_BASE)), flush=True)
            if steps := found[way].steps:
                print("  " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in steps.items()), flush=True)
            if way in GUIDE and way != wanted.ways[-1]:
                _put_back(stack, work / "master")
        print(f"\n{_HEAD}")
        for way, seen in found.items():
            print(_line(way, seen, found.get(_BASE)))
    finally:
        stack.remove()
        shutil.rmtree(work, ignore_errors=True)


def _filled(stack: LabStack, megabytes: int) -> int:
    size = fill(stack, "avnology", megabytes)
    _clear(stack)
    stack.sql("postgres", "CHECKPOINT")
    return size


def _clear(stack: LabStack) -> None:
    """Of Debian's marks; each table that is made gets them anew."""
    stack.sql("postgres", "ALTER DATABASE template0 ALLOW_CONNECTIONS true")
    for database in stack.sql("postgres", "SELECT datname FROM pg_database").splitlines():
        stack.sql(database, _CLEARED)
    stack.sql("postgres", "ALTER DATABASE template0 ALLOW_CONNECTIONS false")


def _guide(stack: LabStack, way: str) -> Seen:
    seen = Seen(load=os.getloadavg()[0])
    with _disk(stack, seen), writing(stack) as written, writing_pooled(stack) as pooled:
        time.sleep(_SETTLE_S)
        begun = time.monotonic()
        GUIDE[way](stack)
        seen.total_s = time.monotonic() - begun
        time.sleep(_SETTLE_S)
    _count(stack, seen, written, pooled)
    return seen


def _way(stack: LabStack, way: str, state: Path) -> Seen:
    seen, env = Seen(load=os.getloadavg()[0]), {**stack.env, "AVNWIZARD_STATE_DIR": str(state)}
    words = ("postgres", "upgrade", "--to", "18", "--way", way, "--stack", str(stack.clone), "--yes")
    with _disk(stack, seen), writing(stack) as written, writing_pooled(stack) as pooled:
        time.sleep(_SETTLE_S)
        _clear(stack)  # what the writers made
        seen.total_s = _avnwizard(env, *words)
        time.sleep(_SETTLE_S)
    _count(stack, seen, written, pooled)
    (file,) = state.rglob("journal.db")
    journal = Journal(file)
    run = next(one for one in journal.runs() if one.kind == "postgres")
    seen.steps = {one.name: one.finished_at - one.started_at for one in journal.steps(run.id)}
    _avnwizard(env, "rollback", "--stack", str(stack.clone), "--yes")
    back = next(one for one in journal.runs() if one.undoes == run.id)
    seen.back_s = next(
        one.finished_at - one.started_at for one in journal.steps(back.id) if one.name == "undo:switch"
    )
    _avnwizard(env, "postgres", "forget", "--keep-days", "0", "--stack", str(stack.clone), "--yes")
    stack.wait_ready()
    return seen


def _count(stack: LabStack, seen: Seen, written: Written, pooled: Written) -> None:
    """Before anything goes back."""
    seen.interruption_s, seen.pooled_s, seen.pooled_refused = written.gap_s, pooled.gap_s, pooled.refused
    seen.written = len(written.rows) + len(pooled.rows)
    seen.lost = written.lost(stack) + lost_pooled(stack, pooled)


def _avnwizard(env: dict[str, str], *words: str) -> float:
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "avnwizard", *words], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{words[:3]} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
    return time.monotonic() - begun


def _place(stack: LabStack) -> Path:
    name = f"{stack.project}_postgres_data"
    return Path(stack.lab.docker("volume", "inspect", "--format", "{{ .Mountpoint }}", name).stdout.strip())


def _keep(stack: LabStack, master: Path) -> None:
    stack.compose("stop", "postgres")
    subprocess.run(["cp", "-a", "--reflink=auto", str(_place(stack)), str(master)], check=True)
    stack.compose("start", "postgres")
    stack.wait_ready()


def _put_back(stack: LabStack, master: Path) -> None:
    """The volume, and the compose file, as they were."""
    stack.compose("down")
    stack.lab.docker("volume", "rm", f"{stack.project}_postgres_data")
    subprocess.run(["git", "-C", str(stack.clone), "checkout", "-q", "--", "."], check=True)
    stack.compose("create", "postgres")
    subprocess.run(["cp", "-a", "--reflink=auto", f"{master}/.", str(_place(stack))], check=True)
    stack.start()


@contextmanager
def _disk(stack: LabStack, seen: Seen) -> Iterator[None]:
    """The greatest sum of the database's volumes, above what they were, once a second."""
    folder, end = _place(stack).parent.parent, threading.Event()
    before = _bytes(folder, stack.project)

    def watch() -> None:
        while not end.wait(_SAMPLE_S):
            seen.disk = max(seen.disk, _bytes(folder, stack.project) - before)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _bytes(folder: Path, project: str) -> int:
    places = [str(one) for one in folder.glob(f"{project}_postgres_data*")]
    said = subprocess.run(["du", "-sck", *places], capture_output=True, text=True, check=False).stdout
    return int(said.split()[-2]) * 1024 if said else 0


_HEAD = (
    f"{'':<20} {'away s':>7} {'ratio':>6} {'pool s':>7} {'refused':>7} {'lost':>6} {'of':>6} {'back s':>7}"
    f" {'disk MB':>8} {'s':>8} {'load':>5}"
)


def _line(way: str, seen: Seen, base: Seen | None) -> str:
    ratio = f"{seen.interruption_s / base.interruption_s:6.2f}" if base else f"{'':>6}"
    back = f"{seen.back_s:7.2f}" if seen.back_s else f"{'none':>7}"
    return (
        f"{way:<20} {seen.interruption_s:7.1f} {ratio} {seen.pooled_s:7.1f} {seen.pooled_refused:7}"
        f" {seen.lost:6} {seen.written:6} {back}"
        f" {seen.disk / 1e6:8.0f} {seen.total_s:8.0f} {seen.load:5.1f}"
    )


if __name__ == "__main__":
    main()

"""`python -m tests.bench.dumping [--mb N] [--rounds N]`: how many databases to dump at once, and jobs for one.

On the lab's Postgres 17, two databases of N megabytes each (default 500): `snapshot create` with one, two and three
dumps at a time; and pg_dump of one of them within the container, as one stream and as a folder with two jobs, whose
tar would still have to be brought out. The rounds alternate.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.snapshot_data import fill
from tests.lab.engine import Lab
from tests.lab.prepared import bring_up
from tests.lab.stack import LabStack

_DATABASES = ("avnology", "keto")
_AT_ONCE = """import sys
from avnwizard.cli.app import run
from avnwizard.flows import dumping
number = int(sys.argv.pop(1))
dumping.workers = lambda _: number
sys.exit(run())
"""
_STREAM = "pg_dump -U avnology -Fc -Z zstd:1 avnology > /dev/null"
_FOLDER = "rm -rf /tmp/x; pg_dump -U avnology -Fd -j2 -Z zstd:1 -f /tmp/x avnology; tar -C /tmp -cf - x > /dev/null"


def main() -> None:
    """Bring a stack up, fill two databases, measure, take it away."""
    options = argparse.ArgumentParser()
    options.add_argument("--mb", type=int, default=500)
    options.add_argument("--rounds", type=int, default=3)
    wanted = options.parse_args()
    stack = bring_up(Lab().up(), "dumpbench")
    work = Path(tempfile.mkdtemp(prefix="avnwizard-bench-"))
    try:
        sizes = [fill(stack, database, wanted.mb) for database in _DATABASES]
        print(f"{' and '.join(f'{size / 1e6:,.0f} MB' for size in sizes)}; {os.cpu_count()} cores")
        found: dict[str, list[float]] = {}
        for _ in range(wanted.rounds):
            for number in (1, 2, 3):
                found.setdefault(f"snapshot create, {number} at once", []).append(_create(stack, work, number))
            for name, script in (("one stream", _STREAM), ("a folder, two jobs", _FOLDER)):
                found.setdefault(f"pg_dump of one, {name}", []).append(_inside(stack, script))
        for name, seconds in found.items():
            print(
                f"{name:<36} {statistics.median(seconds):7.2f} s   ({', '.join(f'{each:.2f}' for each in seconds)})"
            )
    finally:
        stack.remove()
        shutil.rmtree(work, ignore_errors=True)


def _create(stack: LabStack, work: Path, number: int) -> float:
    env = {**stack.env, "AVNWIZARD_STATE_DIR": str(work)}
    words = ("snapshot", "create", "--stack", str(stack.clone), "--proof", "read back")
    seconds = _timed([sys.executable, "-c", _AT_ONCE, str(number), *words], env)
    shutil.rmtree(work)
    return seconds


def _inside(stack: LabStack, script: str) -> float:
    return _timed(["docker", "exec", stack.states()["postgres"].id, "sh", "-c", script], stack.env)


def _timed(argv: list[str], env: dict[str, str]) -> float:
    began = time.monotonic()
    subprocess.run(argv, env=env, check=True, capture_output=True)
    return time.monotonic() - began


if __name__ == "__main__":
    main()

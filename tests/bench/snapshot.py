"""`python -m tests.bench.snapshot [--mb N] [--rounds N]`: the guide's pg_dump beside `snapshot create`.

On the lab's Postgres 17, one database of N megabytes (default 1024) among the stack's own. The guide's command dumps
that database alone; ours dumps every database, with globals and files, and proves it. The rounds alternate.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.snapshot_data import DESCRIBED, fill
from tests.bench.watching import Cost, measured
from tests.lab.engine import Lab
from tests.lab.prepared import bring_up
from tests.lab.stack import LabStack

_DATABASE = "avnology"
_GUIDE = ("docker", "compose", "exec", "-T", "postgres", "pg_dump", "-U", "avnology", "-Fc", _DATABASE)
"""As the upgrade guide has it, but `-T`: without a terminal Compose wants it."""


def main() -> None:
    """Bring a stack up, fill it, measure, take it away."""
    options = argparse.ArgumentParser()
    options.add_argument("--mb", type=int, default=1024)
    options.add_argument("--rounds", type=int, default=3)
    wanted = options.parse_args()
    lab = Lab().up()
    stack = bring_up(lab, "snapshotbench")
    work = Path(tempfile.mkdtemp(prefix="avnwizard-bench-"))
    try:
        size = fill(stack, _DATABASE, wanted.mb)
        print(f"{size / 1e6:,.0f} MB of tables in {_DATABASE}: {DESCRIBED}; {os.cpu_count()} cores")
        _report(*_rounds(stack, work, wanted.rounds))
    finally:
        stack.remove()
        shutil.rmtree(work, ignore_errors=True)


def _rounds(stack: LabStack, work: Path, rounds: int) -> tuple[dict[str, list[Cost]], dict[str, int]]:
    container = stack.states()["postgres"].id
    compose = ("-f", "docker-compose.traefik.yml", "--env-file", ".env.production")
    guide = (*_GUIDE[:2], *compose, *_GUIDE[2:])
    create = (sys.executable, "-m", "avnwizard", "snapshot", "create", "--stack", str(stack.clone), "--proof")
    ways: dict[str, tuple[str, ...]] = {
        "the guide's pg_dump": guide,
        "snapshot create, read back": (*create, "read back"),
        "snapshot create, restored": (*create, "restored"),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in ways}
    sizes: dict[str, int] = {}
    for number in range(rounds):
        for name, argv in ways.items():
            state, dump = work / f"{number}", work / "guide.dump"
            env = {**stack.env, "AVNWIZARD_STATE_DIR": str(state)}
            to = dump if name.startswith("the guide") else None
            cost = measured(argv, env=env, cwd=stack.clone, engine=stack.lab.paths.socket, container=container, to=to)
            costs[name].append(cost)
            sizes[name] = dump.stat().st_size if to else _size(state)
            shutil.rmtree(state, ignore_errors=True)
            print(f"  round {number + 1}: {name:<28} {cost.seconds:7.2f} s")
    return costs, sizes


def _size(state: Path) -> int:
    return sum(
        file.stat().st_size for folder in state.rglob("snapshots") for file in folder.rglob("*") if file.is_file()
    )


def _report(costs: dict[str, list[Cost]], sizes: dict[str, int]) -> None:
    base = next(iter(costs))
    guide_s = statistics.median(cost.seconds for cost in costs[base])
    print(f"{'':<28} {'seconds':>8} {'ratio':>6} {'MB':>7} {'peak MB':>8} {'streaming MB':>13} {'server CPU s':>13}")
    for name, found in costs.items():
        seconds = statistics.median(cost.seconds for cost in found)
        peak = max(cost.peak_bytes for cost in found) / 1e6
        streaming = max(cost.streaming_bytes for cost in found) / 1e6
        cpu = statistics.median(cost.server_cpu_s for cost in found)
        ratio = guide_s / seconds
        print(
            f"{name:<28} {seconds:8.2f} {ratio:5.2f}x {sizes[name] / 1e6:7.1f}"
            f" {peak:8.1f} {streaming:13.1f} {cpu:13.2f}"
        )


if __name__ == "__main__":
    main()

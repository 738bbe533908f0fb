"""What a roll loses, by hand and by avnwizard: `python -m tests.bench.roll [--OPTION...] [SECTION...]`.

Options: `--short` rolls one service once, not 15 times; `--again` measures what is known too; `--at-once=N` sets
`[roll] at_once` for the whole stack and for the way back.

One lab, one load (200 requests/s open loop, GET and POST in turn, keep-alive clients), one service that ends
gracefully or at once on SIGTERM, with one replica or two. Ways: nothing at all; `docker compose up -d`; a plain
scale-up and scale-down, written after docker-rollout's description (start as many again, wait until they are healthy,
stop and remove the old); avnwizard. Then the whole stack, v1.5.0 to v1.6.0, with a load on every route; and back with
a restore, compared with a plain `docker compose up -d` of the stack whose services were stopped. Sections that are
done are kept in `roll-results.json` of the temporary folder and not measured again; the tables are Markdown. Like an
installed avnwizard, the one here is compiled before anything is measured.
"""

import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import avnwizard
from avnwizard.adapters.state.finding import STATE_DIR
from avnwizard.practice import product
from avnwizard.practice.product.template import COMPOSE_FILE
from avnwizard.wiring import BAKE_S, open_host
from tests.bench.load import load
from tests.lab.engine import Lab
from tests.lab.prepared import bring_up, reset
from tests.lab.rolls import carry, stamp
from tests.lab.stack import DOMAIN, LabStack, routed
from tests.waiting import until

SERVICE, RATE = "docs", 200.0
ROUTE = (f"docs.{DOMAIN}", "/whoami", SERVICE)
_RESULTS = Path(tempfile.gettempdir()) / "avnwizard-roll-results.json"
_REST_S = 3.0
"""Load goes on for so long after a roll: what Traefik learns late counts."""


def _nothing(_stack: LabStack, _folder: Path, _number: int) -> None:
    time.sleep(10.0)


def _compose(stack: LabStack, _folder: Path, _number: int) -> None:
    stack.compose("up", "-d", "--no-deps", SERVICE)
    until(lambda: len(_healthy(stack)) == len(_ids(stack)))


def _scale(stack: LabStack, _folder: Path, _number: int) -> None:
    old = _ids(stack)
    stack.compose("up", "-d", "--no-deps", "--no-recreate", "--scale", f"{SERVICE}={2 * len(old)}", SERVICE)
    until(lambda: set(_healthy(stack)) > set(old) and len(_healthy(stack)) == 2 * len(old))
    stack.lab.docker("stop", *old)
    stack.lab.docker("rm", *old)


def _avnwizard(stack: LabStack, folder: Path, number: int) -> None:
    if carry(stack, folder, SERVICE, f"run{number}") != 0:
        raise RuntimeError("avnwizard did not roll")


WAYS: dict[str, tuple[str, Callable[[LabStack, Path, int], None]]] = {
    "none": ("no roll", _nothing),
    "compose": ("`docker compose up -d`", _compose),
    "scale": ("scale-up, scale-down (docker-rollout's way, our own code)", _scale),
    "avnwizard": ("avnwizard", _avnwizard),
}


def main(words: list[str]) -> int:
    """Measure what is asked for and not known yet; print the tables."""
    short, only = "--short" in words, [word for word in words if not word.startswith("--")]
    at_once = next((int(word.partition("=")[2]) for word in words if word.startswith("--at-once=")), 0)
    done: dict[str, Any] = {} if "--again" in words or not _RESULTS.exists() else json.loads(_RESULTS.read_text())
    lab = Lab().up()
    compileall.compile_dir(Path(avnwizard.__file__).parent, quiet=1)
    os.environ[BAKE_S] = "0"  # nothing changes any more by then
    os.environ.update({name: lab.env[name] for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG")})
    for mode in ("abrupt", "graceful"):
        for replicas in (1, 2):
            wanted = [f"{mode}-{replicas}-{way}" for way in WAYS]
            if left := [name for name in wanted if name not in done and (not only or name in only)]:
                _one_service(lab, mode, replicas, left, done, rolls=1 if short else 15)
        if f"whole-{mode}" not in done and (not only or f"whole-{mode}" in only):
            done[f"whole-{mode}"] = _whole(lab, mode, at_once)
            _RESULTS.write_text(json.dumps(done))
        if f"back-{mode}" not in done and (not only or f"back-{mode}" in only):
            done[f"back-{mode}"] = _back(lab, mode, at_once)
            _RESULTS.write_text(json.dumps(done))
    _print(done)
    return 0


def _one_service(lab: Lab, mode: str, replicas: int, names: list[str], done: dict[str, Any], *, rolls: int) -> None:
    stack = bring_up(lab, "bench-roll", settings={"SHUTDOWN_MODE": mode})
    try:
        if replicas > 1:
            _replicate(stack, replicas)
        for name in names:
            way = name.rpartition("-")[2]
            measured = [
                _measure(stack, way, number) for number in range(rolls if way == "avnwizard" else min(rolls, 3))
            ]
            done[name] = measured
            _RESULTS.write_text(json.dumps(done))
            print(name, json.dumps(measured), file=sys.stderr, flush=True)
    finally:
        stack.remove()


def _measure(stack: LabStack, way: str, number: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ[STATE_DIR] = folder
        if way != "none":
            stamp(stack, SERVICE, f"{way}-{time.time_ns()}")
        with load(stack.ports.web, RATE, [ROUTE]) as report:
            time.sleep(2.0)
            began = time.monotonic()
            WAYS[way][1](stack, Path(folder), number)
            took_s = time.monotonic() - began
            time.sleep(_REST_S)
        until(lambda: stack.ask(SERVICE)[0] == 200)
    return {**report, "took_s": took_s}


def _whole(lab: Lab, mode: str, at_once: int) -> dict[str, Any]:
    """Every service at once, by hand and by avnwizard, with a load on all routes.

    What each of avnwizard's steps took is kept: the figure to compare is without the snapshot, which `pull && up -d`
    does not take.
    """
    routes = _every_route()
    stack = bring_up(lab, "bench-whole", settings={"SHUTDOWN_MODE": mode})
    found: dict[str, Any] = {}
    try:
        for way, upgrade in (("compose", _by_hand), ("avnwizard", _by_avnwizard)):
            if found:
                reset(stack)
            _set_at_once(stack, at_once)
            with tempfile.TemporaryDirectory() as folder, load(stack.ports.web, RATE, routes) as report:
                os.environ[STATE_DIR] = folder
                time.sleep(2.0)
                began = time.monotonic()
                upgrade(stack)
                took_s = time.monotonic() - began
                time.sleep(_REST_S)
                steps = _steps(stack) if way == "avnwizard" else {}
            found[way] = {**report, "took_s": took_s, "steps": steps}
            print(f"whole-{mode} {way}", json.dumps(found[way]), file=sys.stderr, flush=True)
    finally:
        stack.remove()
    return found


def _set_at_once(stack: LabStack, at_once: int) -> None:
    if at_once:
        (stack.clone / "avnwizard.toml").write_text(f"[roll]\nat_once = {at_once}\n", "utf-8")


def _steps(stack: LabStack) -> dict[str, float]:
    """What each step of the newest run took, in seconds."""
    journal = open_host(stack.clone).journal()
    steps = journal.steps(journal.runs()[0].id)
    return {step.name: round(step.finished_at - step.started_at, 1) for step in steps if step.finished_at}


def _every_route() -> list[tuple[str, str, str]]:
    return [
        (f"{known.host}{DOMAIN}", f"{(known.path or '/').rstrip('/')}/whoami", name)
        for name in routed()
        for known in [product.service(name)]
    ]


def _back(lab: Lab, mode: str, at_once: int) -> dict[str, Any]:
    """A rollback with a restore; then the same services stopped by hand and started by one plain command.

    `took_s` of the plain start is until every route answers; its load counts the time while they were stopped too.
    """
    stack, found = bring_up(lab, "bench-back", settings={"SHUTDOWN_MODE": mode}), dict[str, Any]()
    keep = {"traefik", "postgres"}
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ[STATE_DIR] = folder
            _set_at_once(stack, at_once)
            _by_avnwizard(stack)
            with load(stack.ports.web, RATE, _every_route()) as report:
                time.sleep(2.0)
                began = time.monotonic()
                said = _command(stack, "rollback", "--restore")
                took_s = time.monotonic() - began
                time.sleep(_REST_S)
            steps = _steps(stack)
        found["avnwizard"] = {**report, "took_s": took_s, "steps": steps, "said": said.splitlines()[-12:]}
        with load(stack.ports.web, RATE, _every_route()) as report:
            time.sleep(2.0)
            stack.compose("stop", *(one.name for one in product.SERVICES if one.name not in keep))
            began = time.monotonic()
            stack.compose("up", "-d")
            stack.wait_ready()
            took_s = time.monotonic() - began
            time.sleep(_REST_S)
        found["compose"] = {**report, "took_s": took_s}
        print(f"back-{mode}", json.dumps(found), file=sys.stderr, flush=True)
    finally:
        stack.remove()
    return found


def _by_hand(stack: LabStack) -> None:
    for words in (("fetch", "-q", "--tags"), ("checkout", "-q", "--merge", "v1.6.0")):
        subprocess.run(["git", *words], cwd=stack.clone, check=True, capture_output=True)
    stack.compose("pull", "-q")
    stack.compose("up", "-d")
    stack.wait_ready()


def _by_avnwizard(stack: LabStack) -> None:
    subprocess.run(["git", "fetch", "-q", "--tags"], cwd=stack.clone, check=True, capture_output=True)
    _command(stack, "upgrade", "--to", "v1.6.0")


def _command(stack: LabStack, *words: str) -> str:
    argv = [sys.executable, "-m", "avnwizard", *words, "--stack", str(stack.clone), "--yes"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=1800)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def _replicate(stack: LabStack, replicas: int) -> None:
    file = stack.clone / COMPOSE_FILE
    text = file.read_text("utf-8")
    head, mark, tail = text.partition(f"\n  {SERVICE}:\n")
    file.write_text(f"{head}{mark}    deploy: {{ replicas: {replicas} }}\n{tail}", "utf-8")
    stack.compose("up", "-d", "--no-deps", SERVICE)
    until(lambda: len(_healthy(stack)) == replicas)
    time.sleep(_REST_S)


def _ids(stack: LabStack) -> list[str]:
    return stack.compose("ps", "-q", SERVICE).stdout.split()


def _healthy(stack: LabStack) -> list[str]:
    labels = (f"project={stack.project}", f"service={SERVICE}")
    words = [word for label in labels for word in ("--filter", f"label=com.docker.compose.{label}")]
    return stack.lab.docker("ps", "-q", "--no-trunc", *words, "--filter", "health=healthy").stdout.split()


def _print(done: dict[str, Any]) -> None:
    print("| service | replicas | how | rolls | requests | lost | longest gap | p99 | took |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, rolls in done.items():
        if not name.startswith(("whole", "back")):
            mode, replicas, way = name.split("-")
            print(f"| {_ENDS[mode]} | {replicas} | {WAYS[way][0]} | {len(rolls)} | {_numbers(rolls)} |")
    print("\n| v1.5.0 to v1.6.0, every route | services | requests | lost | longest gap | p99 | took |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for name in (name for name in done if name.startswith("whole")):
        for way, one in done[name].items():
            label = "`docker compose pull && up -d`" if way == "compose" else "avnwizard"
            print(f"| {label} | {_ENDS[name.partition('-')[2]]} | {_numbers([one])} |")
        by_hand, ours = (done[name][way]["took_s"] for way in ("compose", "avnwizard"))
        snapshot_s = done[name]["avnwizard"].get("steps", {}).get("snapshot", 0.0)
        times = (ours - snapshot_s) / by_hand
        print(f"\n{name}: without the snapshot ({snapshot_s:.1f} s) {times:.1f} times as long as by hand.")
    print("\n| back, databases restored | services | requests | lost | longest gap of a route | took |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for name in (name for name in done if name.startswith("back")):
        for way, one in done[name].items():
            label = "stopped, `docker compose up -d`" if way == "compose" else "avnwizard"
            seen = f"{one['sent']:,} | {one['lost']:,} | {one['route_gap_ms'] / 1e3:.2f} s | {one['took_s']:.1f} s"
            print(f"| {label} | {_ENDS[name.partition('-')[2]]} | {seen} |")


_ENDS = {"abrupt": "end at once", "graceful": "end gracefully"}


def _numbers(measured: list[dict[str, Any]]) -> str:
    """Requests and lost in all, the longest gap of all, and the median of p99 and of the time that it took."""
    gap_s = max(one["gap_ms"] for one in measured) / 1e3
    p99_ms, took_s = (statistics.median(one[key] for one in measured) for key in ("p99_ms", "took_s"))
    sent, lost = (sum(one[key] for one in measured) for key in ("sent", "lost"))
    return f"{sent:,} | {lost:,} | {gap_s:.2f} s | {p99_ms:.0f} ms | {took_s:.1f} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

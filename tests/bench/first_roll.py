"""One real upgrade, and what a roll without the director loses at the edge: `python -m tests.bench.first_roll`.

For each way of ending (graceful, abrupt), in one run on one stack: 100 requests/s to `docs` through the edge while
`docker compose up -d --force-recreate` replaces it, then while avnwizard upgrades the stack from v1.5.0 to v2.0.0.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from avnwizard.wiring import STATE_DIR, open_host
from tests.flows.cli import answer_all, avnwizard
from tests.lab.engine import Lab
from tests.lab.prepared import bring_up
from tests.lab.probe import Probe
from tests.lab.stack import DOMAIN, LabStack

_RATE = 100.0


def main() -> int:
    """Measure and print."""
    lab = Lab().up()
    os.environ.update({name: lab.env[name] for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG")})
    for mode in ("graceful", "abrupt"):
        stack = bring_up(lab, f"bench-{mode}", settings={"SHUTDOWN_MODE": mode})
        try:
            with _probe(stack) as probe:
                stack.compose("up", "-d", "--no-deps", "--force-recreate", "docs")
                time.sleep(5)
            print(f"{mode}: compose up -d: {probe.report}")
            _upgrade(stack, mode)
        finally:
            stack.remove()
    return 0


def _upgrade(stack: LabStack, mode: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ[STATE_DIR] = folder
        answers = answer_all(stack.clone, "v2.0.0", Path(folder) / "answers.toml")
        began = time.monotonic()
        with _probe(stack) as probe:
            said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack.clone, "--yes", "--answers", answers)
            took_s = time.monotonic() - began
            time.sleep(5)
        print(f"{mode}: avnwizard: exit {said.code}, {took_s:.0f} s; {probe.report}")
        journal = open_host(stack.clone).journal()
        steps = journal.steps(journal.runs()[0].id)
        slow = sorted(steps, key=lambda step: step.started_at - step.finished_at)[:6]
        print("  " + ", ".join(f"{step.name} {step.finished_at - step.started_at:.1f} s" for step in slow))


def _probe(stack: LabStack) -> Probe:
    return Probe(stack.ports.web, f"docs.{DOMAIN}", "/whoami", rate=_RATE, service="docs")


if __name__ == "__main__":
    sys.exit(main())

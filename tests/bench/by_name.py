"""`python -m tests.bench.by_name [ROLLS]`: calls lost between services that ask each other by name, past Traefik.

A container of the small edge stack calls another service, which is rolled, 80 times a second: on one connection that
it keeps and uses blindly, on one that it looks at first, as most HTTP clients do (Go, undici, urllib3), and on a
fresh one for each call. It never tries twice. The service ends at once on SIGTERM, or gracefully.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.lab.callers import Kind, calling
from tests.lab.edge_stack import EdgeStack, bring_up
from tests.lab.engine import Lab
from tests.lab.rolls import carry, stamp, told

_SERVICE, _REST_S = "bare", 2.0
_KINDS: dict[Kind, str] = {
    "blind": "kept, used blindly",
    "looks": "kept, looked at first",
    "fresh": "a fresh one each",
}


def main() -> None:
    """Measure and print a table."""
    rolls = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    lab = Lab().up()
    os.environ.update({name: lab.env[name] for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG")})
    print("| service | connection | rolls | calls | lost | took each |\n| --- | --- | ---: | ---: | --- | ---: |")
    for mode in ("abrupt", "graceful"):
        edge = bring_up(lab, "bench-name", mode=mode)
        try:
            found = [_measured(edge) for _ in range(rolls)]
        finally:
            edge.stack.remove()
        took_s = sum(took_s for _, took_s in found) / rolls
        for kind, name in _KINDS.items():
            seen = sum((one[kind] for one, _ in found), Counter[str]())
            lost = ", ".join(f"{count} {what}" for what, count in seen.items() if what != "ok") or "0"
            print(f"| ends {mode} | {name} | {rolls} | {seen.total():,} | {lost} | {took_s:.1f} s |", flush=True)


def _measured(edge: EdgeStack) -> tuple[dict[str, Counter[str]], float]:
    stamp(edge.stack, _SERVICE, f"n{time.time_ns()}")
    with ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory()))
        callers = {kind: open_.enter_context(calling(edge, _SERVICE, kind)) for kind in _KINDS}
        time.sleep(_REST_S)
        began = time.monotonic()
        if carry(edge.stack, folder, _SERVICE, "one") != 0:
            raise RuntimeError("avnwizard did not roll")
        took_s = time.monotonic() - began
        time.sleep(_REST_S)
        said: dict[str, Any] = {kind: json.loads(child.communicate()[0]) for kind, child in callers.items()}
        print(*(line for line in told(folder, "one") if "connection" in line), sep="\n", file=sys.stderr)
    return {kind: Counter(counts) for kind, counts in said.items()}, took_s


if __name__ == "__main__":
    main()

"""A release through two stacks, and by `up -d` on one: `python -m tests.bench.fleet [RATE [haproxy|traefik]]`.

The same small stack behind the same balancer (lab's engine), v1.5.0 to v1.6.0, with keep-alive clients that send GET
and POST in turn. Rows: the fleet's upgrade, a flip there and back under the same load, and a plain `git checkout` and
`docker compose up -d` on the stack that serves alone. The table is Markdown. About three minutes on a quiet machine.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avnwizard.adapters.state.finding import STATE_DIR
from tests.bench.load import load
from tests.lab.engine import Lab
from tests.zoo.fleet import Pair, pair

_ROUTES = [("localhost", "/web", "docs")]
_CALM_S = 3.0


def measured(two: Pair, rate: float, act: Callable[[], Any]) -> tuple[dict[str, Any], float, Any]:
    """What clients saw while something was done, how long it took in seconds, and what it answered."""
    with load(two.port, rate, _ROUTES) as seen:
        time.sleep(_CALM_S)
        began = time.monotonic()
        said = act()
        took = time.monotonic() - began
        time.sleep(_CALM_S)
    return seen, took, said


def _by_hand(two: Pair) -> None:
    two.green.run("git", "checkout", "-q", "v1.6.0")
    two.green.run("docker", "compose", "up", "-d", "--quiet-pull")


def _row(name: str, seen: dict[str, Any], took: float) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in seen["kinds"].items())
    lost = f"{seen['lost']} of {seen['sent']}" + (f" ({kinds})" if kinds else "")
    return f"| {name} | {lost} | {seen['gap_ms']:.0f} ms | {seen['p99_ms']:.0f} ms | {took:.1f} s |"


def main(rate: float, driver: str) -> None:
    """Measure, and print the table."""
    lab = Lab().up()
    os.environ.update({name: lab.env[name] for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG")})
    print("| way | lost | longest gap | p99 | took |\n| --- | ---: | ---: | ---: | ---: |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[STATE_DIR] = str(Path(folder) / "state")
        with pair(lab, "bench-fleet", Path(folder), driver=driver) as two:
            two.fleet("flip", "--to", "green")
            seen, took, _ = measured(two, rate, lambda: _by_hand(two))
            print(_row("`compose up -d` on the one that serves", seen, took), flush=True)
        with pair(lab, "bench-fleet", Path(folder), driver=driver) as two:
            seen, took, said = measured(two, rate, lambda: two.fleet("upgrade", "--to", "v1.6.0", "--yes"))
            assert said.code == 0, said.err
            print(_row("`fleet upgrade`, two stacks", seen, took), flush=True)
            for to in ("green", "blue"):
                seen, took, said = measured(two, rate, lambda to=to: two.fleet("flip", "--to", to, "--json"))  # type: ignore[misc]
                assert said.code == 0, said.err
                print(_row(f"`fleet flip` ({said.data['seconds']:.2f} s at the balancer)", seen, took), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1:] else 100.0, sys.argv[2] if sys.argv[2:] else "haproxy")

"""`python -m tests.bench.traefik [ROUNDS]`: how long every route is away while Traefik itself is replaced.

The small edge stack with 200 requests a second, with a stream open through Traefik and without one: by
`docker compose up -d` and by avnwizard. The gap is the longest time without an answer.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.bench.load import load
from tests.lab.edge_stack import EdgeStack, bring_up
from tests.lab.engine import Lab
from tests.lab.long_lived import reading
from tests.lab.rolls import carry

_RATE, _REST_S = 200.0, 2.0


def _compose(edge: EdgeStack, _folder: Path) -> None:
    edge.stack.compose("up", "-d", "--no-deps", "traefik")


def _avnwizard(edge: EdgeStack, folder: Path) -> None:
    if carry(edge.stack, folder, "traefik", "one") != 0:
        raise RuntimeError("avnwizard did not replace Traefik")


_WAYS: dict[str, Callable[[EdgeStack, Path], None]] = {"`docker compose up -d`": _compose, "avnwizard": _avnwizard}


def main() -> None:
    """Measure and print a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    lab = Lab().up()
    os.environ.update({name: lab.env[name] for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG")})
    edge = bring_up(lab, "bench-traefik")
    print(
        "| Traefik replaced by | stream open | lost | median gap | longest gap |\n| --- | --- | ---: | ---: | ---: |"
    )
    try:
        for streaming in (False, True):
            for name, way in _WAYS.items():
                found = [_measured(edge, way, streaming=streaming) for _ in range(rounds)]
                gaps_s = [gap_s for _, gap_s in found]
                lost = statistics.median(lost for lost, _ in found)
                numbers = f"{lost:.0f} | {statistics.median(gaps_s):.2f} s | {max(gaps_s):.2f} s"
                print(f"| {name} | {'yes' if streaming else 'no'} | {numbers} |", flush=True)
    finally:
        edge.stack.remove()


def _measured(edge: EdgeStack, way: Callable[[EdgeStack, Path], None], *, streaming: bool) -> tuple[int, float]:
    edge.set("TRAEFIK_LOG", "WARN" if edge.setting("TRAEFIK_LOG") == "ERROR" else "ERROR")
    route = (edge.host("bare"), "/whoami", "docs")
    with ExitStack() as open_:
        if streaming:
            stream = open_.enter_context(reading(edge.plain, edge.host("bare"), "/stream?s=14&every=0.5"))
            stream.begun.wait(10)
        folder = open_.enter_context(tempfile.TemporaryDirectory())
        with load(edge.plain, _RATE, [route]) as report:
            time.sleep(_REST_S)
            way(edge, Path(folder))
            edge.wait()
            time.sleep(_REST_S)
    return report["lost"], report["gap_ms"] / 1e3


if __name__ == "__main__":
    main()

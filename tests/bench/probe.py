"""`python -m tests.bench.probe [SECONDS]`: what the edge probe costs at 20 requests a second, over HTTP and TLS.

The edge is in a process of its own, so the CPU time is the probe's alone: the sockets, the judging, the counting.
"""

import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from avnwizard.adapters.edge import HttpProbe
from avnwizard.domain.probing import Outcome, Route, Tally, identify, judge, numbers
from tests.adapters.small_edge import small_edge

_RATE = 20.0


def main() -> None:
    """Measure both and print a table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    print("| edge | sent | lost | p50 ms | p99 ms | CPU of one core |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="avnwizard-bench-") as folder:
        for name, certificate in (("HTTP", None), ("TLS", _certificate(Path(folder)))):
            found, share = _measured(certificate, seconds)
            counts = " | ".join(str(found[key]) for key in ("sent", "lost", "p50_ms", "p99_ms"))
            print(f"| {name} | {counts} | {share:.1%} |")


def _measured(certificate: Path | None, seconds: float) -> tuple[dict[str, object], float]:
    ours, theirs = multiprocessing.Pipe()
    edge = multiprocessing.Process(target=_serve, args=(theirs, certificate), daemon=True)
    edge.start()
    try:
        port = int(ours.recv())
        tls = certificate is not None
        routes = [Route(f"r{n}", "gateway", "127.0.0.1", port, tls, "id.test", f"/api/{n}") for n in range(10)]
        identities = {route.name: identify(route, HttpProbe().ask([route]), []) for route in routes}
        tally = Tally()

        def settled(route: Route, outcome: Outcome, due_s: float, ended_s: float) -> None:
            tally.count(judge(outcome, identities[route.name], route), due_s=due_s, ended_s=ended_s)

        before, began = _cpu_s(), time.monotonic()
        run = HttpProbe().start(routes, rate=_RATE, settled=settled)
        time.sleep(seconds)
        run.stop()
        return numbers(tally), (_cpu_s() - before) / (time.monotonic() - began)
    finally:
        ours.send("end")
        edge.join(10)


def _serve(pipe: Connection, certificate: Path | None) -> None:
    with small_edge(certificate=certificate) as edge:
        pipe.send(edge.server_port)
        pipe.recv()


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _certificate(folder: Path) -> Path:
    key, both = folder / "key", folder / "both.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"]
    subprocess.run([*make, "-keyout", str(key), "-out", str(both)], check=True, capture_output=True)
    both.write_text(key.read_text() + both.read_text())
    return both


if __name__ == "__main__":
    main()

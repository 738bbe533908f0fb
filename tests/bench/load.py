"""An open-loop load of keep-alive clients, in a process of its own: `python -m tests.bench.load PORT RATE ROUTE...`.

A route is HOST/PATH=SERVICE; GET and POST take turns. It asks at its rate whatever comes back, until its stdin is
closed, and then prints what it saw as JSON. Latencies count from the moment at which a request was due. Nothing is
sent twice. Like any client that keeps connections, it lets go of one that the server closed or that was idle for
long. An answer by another service is lost too: while a router is gone, Traefik gives its requests to the next rule
that fits.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

_TIMEOUT_S = 10.0
_IDLE_S = 4.0
"""So long a connection is kept: after a stall there are more of them than requests, and HAProxy closes those that are
idle for its `timeout client`. The next stall would take them out again, all at once."""
_BODY = b'{"ping":"pong"}'


@dataclass(frozen=True, slots=True)
class IdleConnection:
    """A connection that is kept, and since when."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    since: float

    @property
    def is_usable(self) -> bool:
        """Whether the other side may be expected to read what is sent there."""
        return not self.reader.at_eof() and time.monotonic() - self.since < _IDLE_S


@dataclass(slots=True)
class Load:
    """One load: where it asks, how often, what, the connections that it keeps, and what came back."""

    port: int
    rate: float
    routes: list[tuple[str, str, str]]
    idle: dict[str, list[IdleConnection]] = field(default_factory=lambda: defaultdict(list))
    seen: list[tuple[float, float, str, str]] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until told to stop, then wait for what is under way."""
        begun, number, tasks = time.monotonic(), 0, set()
        while not stop.is_set():
            due = begun + number / self.rate
            if (pause := due - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            task = asyncio.create_task(self._one(due, number))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
        await asyncio.gather(*tasks)

    async def _one(self, due: float, number: int) -> None:
        host, path, service = self.routes[number // 2 % len(self.routes)]
        method = ("GET", "POST")[number % 2]
        try:
            outcome = await asyncio.wait_for(self._ask(method, host, path, service), _TIMEOUT_S)
        except TimeoutError:
            outcome = "timeout"
        except asyncio.IncompleteReadError as error:
            outcome = "cut" if error.partial else "closed without an answer"
        except (OSError, ValueError) as error:
            outcome = type(error).__name__
        self.seen.append((due, time.monotonic(), outcome, service))

    async def _ask(self, method: str, host: str, path: str, service: str) -> str:
        reader, writer = self.kept(service) or await asyncio.open_connection("127.0.0.1", self.port)
        kept = False
        try:
            body = _BODY if method == "POST" else b""
            head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            status, headers = _parsed(await reader.readuntil(b"\r\n\r\n"))
            said = await reader.readexactly(int(headers.get("content-length", "0")))
            kept = headers.get("connection", "").lower() != "close"
        finally:
            if kept:
                self.idle[service].append(IdleConnection(reader, writer, time.monotonic()))
            else:
                writer.close()
        if status >= 400:
            return str(status)
        return "ok" if json.loads(said).get("service") == service else "misrouted"

    def kept(self, service: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A connection that can be used again; those that cannot are closed."""
        pool = self.idle[service]
        while pool:
            one = pool.pop()
            if one.is_usable:
                return one.reader, one.writer
            one.writer.close()
        return None


def _parsed(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":")[::2] for line in lines if line)
    return int(first.split()[1]), {name.lower(): value.strip() for name, value in pairs}


def _report(seen: list[tuple[float, float, str, str]]) -> dict[str, Any]:
    good = sorted(end for _, end, outcome, _ in seen if outcome == "ok")
    taken = sorted(end - due for due, end, outcome, _ in seen if outcome == "ok")
    gaps = [later - earlier for earlier, later in pairwise(good)]
    routes = {service for *_, service in seen}
    by_route = {
        name: _gap(sorted(end for _, end, outcome, one in seen if (outcome, one) == ("ok", name))) for name in routes
    }
    lost = Counter(f"{service} {outcome}" for _, _, outcome, service in seen if outcome != "ok")
    return {
        "sent": len(seen),
        "lost": len(seen) - len(good),
        "kinds": dict(lost),
        "gap_ms": 1e3 * max(gaps, default=0.0),
        "route_gap_ms": 1e3 * max(by_route.values(), default=0.0),
        "p50_ms": 1e3 * taken[len(taken) // 2] if taken else 0.0,
        "p99_ms": 1e3 * taken[int(len(taken) * 0.99)] if taken else 0.0,
    }


def _gap(answered: list[float]) -> float:
    """The longest time without an answer."""
    return max((later - earlier for earlier, later in pairwise(answered)), default=0.0)


async def run_for(port: int, rate: float, routes: list[tuple[str, str, str]], seconds: float) -> dict[str, Any]:
    """Keep up a load for some seconds, in this process; its report."""
    load, stop = Load(port, rate, routes), asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    await load.run(stop)
    return _report(load.seen)


async def _main(port: int, rate: float, routes: list[tuple[str, str, str]]) -> dict[str, Any]:
    load, stop = Load(port, rate, routes), asyncio.Event()
    loop = asyncio.get_running_loop()
    ended = loop.run_in_executor(None, sys.stdin.read)
    ended.add_done_callback(lambda _: stop.set())
    await load.run(stop)
    return _report(load.seen)


@contextmanager
def load(port: int, rate: float, routes: list[tuple[str, str, str]]) -> Iterator[dict[str, Any]]:
    """Keep up a load while in the block; the dict is filled with its report afterwards."""
    words = [f"{host}{path}={service}" for host, path, service in routes]
    argv = [sys.executable, "-m", "tests.bench.load", str(port), str(rate), *words]
    report: dict[str, Any] = {}
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield report
        finally:
            said, _ = child.communicate()
            report.update(json.loads(said))


if __name__ == "__main__":
    wanted = [(word.partition("/")[0], "/" + word.partition("/")[2].partition("=")[0], word.rpartition("=")[2])
              for word in sys.argv[3:]]  # fmt: skip
    print(json.dumps(asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2]), wanted))))

"""An open-loop HTTP prober: sends at a fixed rate whatever comes back, and says what the edge lost."""

import functools
import http.client
import json
import queue
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType
from typing import Self

_WORKERS = 64
_TIMEOUT_S = 10.0
_UNROUTED = {"404", "refused", "misrouted"}


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a probe saw.

    `lost` counts the requests that were not answered with a 2xx or 3xx, by kind (`502`, `timeout`, …),
    `answered_by` the answers by the container that gave them. `longest_gap_s` is the longest time in which no
    request was answered well; latencies are from the moment at which a request was due. `lost_at_s` says when the
    first and the last lost request were due, from the first of all; () where none was lost.
    """

    sent: int
    answered: int
    lost: Mapping[str, int]
    answered_by: Mapping[str, int]
    longest_gap_s: float
    p50_s: float
    p99_s: float
    lost_at_s: tuple[float, ...] = ()

    @property
    def lost_total(self) -> int:
        """How many requests were lost."""
        return sum(self.lost.values())

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.lost.items())) or "none"
        return (
            f"sent {self.sent}, answered {self.answered}, lost {self.lost_total} ({kinds}); "
            f"longest gap {self.longest_gap_s:.2f} s, "
            f"p50 {self.p50_s * 1e3:.1f} ms, p99 {self.p99_s * 1e3:.1f} ms"
        )


@dataclass(slots=True)
class Probe:
    """Sends `method path` to `host` through the edge at 127.0.0.1:`port`, `rate` times a second, until left.

    A context manager; the report is in `report` afterwards. Each request has its own connection. The block begins
    when the edge knows the route, after `routed_s` at the latest: Traefik learns of a container some seconds after
    Compose calls it healthy. With `service`, an answer by another service is lost too (`misrouted`): while a router
    is gone, Traefik hands its requests to the next rule that fits. With `tls` no certificate is judged.
    """

    port: int
    host: str
    path: str = "/"
    rate: float = 100.0
    method: str = "GET"
    service: str | None = None
    tls: bool = False
    routed_s: float = 30.0
    report: ProbeReport | None = None
    _due: "queue.Queue[float | None]" = field(default_factory=queue.Queue)
    _seen: list[tuple[float, float, str, str]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + self.routed_s
        while self._send()[0] in _UNROUTED and time.monotonic() < deadline:
            time.sleep(0.1)
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(_WORKERS)]
        self._threads.append(threading.Thread(target=self._pace, daemon=True))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=4 * _TIMEOUT_S)
        self.report = _report(self._seen)

    def lost_after_s(self) -> list[float]:
        """After how long each request that was lost came to its end, from the moment at which it was due."""
        return [end - due for due, end, outcome, _ in self._seen if outcome != "ok"]

    def _pace(self) -> None:
        begun = time.monotonic()
        number = 0
        while not self._stop.is_set():
            due = begun + number / self.rate
            pause = due - time.monotonic()
            if pause > 0 and self._stop.wait(pause):
                break
            self._due.put(due)
            number += 1
        for _ in range(_WORKERS):
            self._due.put(None)

    def _work(self) -> None:
        while (due := self._due.get()) is not None:
            outcome, container = self._send()
            self._seen.append((due, time.monotonic(), outcome, container))

    def _send(self) -> tuple[str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)
        try:
            if self.tls:
                connection.connect()
                connection.sock = _context().wrap_socket(connection.sock, server_hostname=self.host)
            connection.request(self.method, self.path, headers={"Host": self.host})
            answer = connection.getresponse()
            body = answer.read()
        except TimeoutError:
            return "timeout", ""
        except ConnectionRefusedError:
            return "refused", ""
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__, ""
        finally:
            connection.close()
        if answer.status >= http.client.BAD_REQUEST:
            return str(answer.status), ""
        said = _parsed(body)
        if self.service is not None and said.get("service") != self.service:
            return "misrouted", ""
        return "ok", str(said.get("container", ""))


def probe_for(
    port: int,
    host: str,
    path: str = "/",
    *,
    rate: float = 100.0,
    duration_s: float,
    service: str | None = None,
) -> ProbeReport:
    """Probe for a fixed time."""
    with Probe(port, host, path, rate, service=service, routed_s=0.0) as probe:
        time.sleep(duration_s)
    assert probe.report is not None
    return probe.report


@functools.cache
def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _parsed(body: bytes) -> dict[str, object]:
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError):
        return {}


def _report(seen: list[tuple[float, float, str, str]]) -> ProbeReport:
    good = sorted(end for _, end, outcome, _ in seen if outcome == "ok")
    taken = sorted(end - due for due, end, outcome, _ in seen if outcome == "ok")
    edges = [
        min((due for due, *_ in seen), default=0.0),
        *good,
        max((end for _, end, *_ in seen), default=0.0),
    ]
    gaps = [later - earlier for earlier, later in pairwise(edges)]
    lost_at = [due - edges[0] for due, _, outcome, _ in seen if outcome != "ok"]
    return ProbeReport(
        sent=len(seen),
        answered=len(good),
        lost=Counter(outcome for _, _, outcome, _ in seen if outcome != "ok"),
        answered_by=Counter(container for *_, outcome, container in seen if outcome == "ok"),
        longest_gap_s=max(gaps, default=0.0),
        p50_s=taken[len(taken) // 2] if taken else 0.0,
        p99_s=taken[int(len(taken) * 0.99)] if taken else 0.0,
        lost_at_s=(min(lost_at), max(lost_at)) if lost_at else (),
    )


if __name__ == "__main__":
    port, host, path, rate, duration = sys.argv[1:6]
    print(probe_for(int(port), host, path, rate=float(rate), duration_s=float(duration)))

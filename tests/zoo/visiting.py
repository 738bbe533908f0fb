"""A user who stays signed in: one keep-alive connection with a cookie, whose visits Valkey counts for all stacks."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_REST_S = 0.05


@dataclass
class Visits:
    """What was seen.

    Attributes:
        lost: what went wrong, each: an error, or a count that does not follow the one before.
    """

    made: int = 0
    lost: list[str] = field(default_factory=list)


@contextmanager
def visiting(port: int, sid: str) -> Iterator[Visits]:
    """Ask again and again while in the block."""
    seen, over = Visits(), threading.Event()

    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        while not over.wait(_REST_S):
            try:
                connection.request("GET", "/web/session", headers={"Cookie": f"sid={sid}"})
                answer = connection.getresponse()
                said = answer.read()
                counted = json.loads(said)["visits"] if answer.status == http.client.OK else -answer.status
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                seen.lost.append(type(error).__name__)
                connection.close()
                continue
            if counted != seen.made + 1:
                seen.lost.append(f"{counted} after {seen.made}")
            seen.made += 1
        connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join(20)


def stored(port: int, method: str, name: str, content: str = "") -> tuple[int, str]:
    """(status, content) of an object of the store, by way of whichever stack serves."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, f"/web/objects/{name}", body=content.encode())
        answer = connection.getresponse()
        return answer.status, str(json.loads(answer.read()).get("content", ""))
    finally:
        connection.close()

"""A writer through the stack's edge: each acknowledged write must be in the database afterwards."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.lab.stack import DOMAIN, LabStack

_PAUSE_S = 0.02
_TIMEOUT_S = 3.0


@dataclass
class Written:
    """What was acknowledged, and when."""

    rows: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def gap_s(self) -> float:
        """The longest time between two acknowledged writes."""
        return max((later - earlier for earlier, later in zip(self.at, self.at[1:], strict=False)), default=0.0)

    def lost(self, stack: LabStack) -> int:
        """How many acknowledged rows are not there."""
        found = stack.sql("hydra", "SELECT signature FROM hydra_oauth2_refresh WHERE signature LIKE 'issued-%'")
        return len(set(self.rows) - set(found.split()))


@contextmanager
def writing(stack: LabStack) -> Iterator[Written]:
    """Write a row every 20 ms, by a token that is asked of the stand-in for Hydra."""
    written, end = Written(), threading.Event()

    def write() -> None:
        while not end.wait(_PAUSE_S):
            if row := _one(stack.ports.web):
                written.rows.append(row)
                written.at.append(time.monotonic())
            else:
                written.refused += 1

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield written
    finally:
        end.set()
        thread.join()


def _one(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", "/oauth2/token", headers={"Host": f"auth.{DOMAIN}"})
        answer = connection.getresponse()
        said = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    else:
        return str(said.get("refresh_token", "")) if answer.status == 200 else ""
    finally:
        connection.close()

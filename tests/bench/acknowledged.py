"""Writers through the stack's edge, and through PgBouncer: what is acknowledged must be there afterwards."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.lab.stack import DOMAIN, LabStack

_POOLED, _POOL_PORT = "bench_pooled", 6432
_PAUSE_S, _AGAIN_S = 0.02, 0.5
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


@contextmanager
def writing_pooled(stack: LabStack) -> Iterator[Written]:
    """Insert a row every 20 ms through PgBouncer, which may hold it for as long as it takes."""
    stack.sql("avnology", f"CREATE TABLE IF NOT EXISTS {_POOLED} (id text PRIMARY KEY)")
    stack.sql("avnology", f"TRUNCATE {_POOLED}")
    written, end = Written(), threading.Event()
    thread = threading.Thread(target=_write_pooled, args=(stack, written, end), daemon=True)
    thread.start()
    try:
        yield written
    finally:
        end.set()
        thread.join()


def _write_pooled(stack: LabStack, written: Written, end: threading.Event) -> None:
    import psycopg

    number = 0
    while not end.is_set():
        try:
            with psycopg.connect(_pool_of(stack), autocommit=True, connect_timeout=5) as connection:
                connection.prepare_threshold = None
                while not end.wait(_PAUSE_S):
                    number += 1
                    connection.execute(f"INSERT INTO {_POOLED} VALUES (%s)", [str(number)])
                    written.rows.append(str(number))
                    written.at.append(time.monotonic())
        except (psycopg.Error, KeyError):
            written.refused += 1
            end.wait(_AGAIN_S)  # to ask for the container costs what the stack could use


def _pool_of(stack: LabStack) -> str:
    container = stack.states()["pgbouncer"].id
    shown = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    (address, *_) = stack.lab.docker("inspect", "--format", shown, container).stdout.split() or [""]
    lines = (stack.clone / ".env.production").read_text().splitlines()
    (password,) = [line.partition("=")[2] for line in lines if line.startswith("POSTGRES_PASSWORD=")]
    return f"host={address} port={_POOL_PORT} user=avnology dbname=avnology password={password}"


def lost_pooled(stack: LabStack, written: Written) -> int:
    """How many acknowledged rows are not there."""
    return len(set(written.rows) - set(stack.sql("avnology", f"SELECT id FROM {_POOLED}").split()))

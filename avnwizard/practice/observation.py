"""Looks at the practice host: lets its programs do what was due meanwhile, and says what its containers are."""

import contextlib
import fcntl
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from avnwizard.domain.host import ComposeProject, Container
from avnwizard.domain.probing import Standing
from avnwizard.practice import programs
from avnwizard.practice.container_store import ContainerStore
from avnwizard.practice.containers import Record, Verdict, condition, has_booted, to_container
from avnwizard.practice.database import PORT, Cluster
from avnwizard.practice.failures import FailureOrders
from avnwizard.practice.pace import pace
from avnwizard.practice.product import service
from avnwizard.practice.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

POSTGRES = "postgres"
"""The service that the cluster stands behind."""
_CONNECT_TIMEOUT_S = 5
_CHECK_TIMEOUT_S = 3.0
"""What a health check waits for its answer, however fast the practice is."""
_VERDICT_LASTS_S = 1.0
"""Of practice time."""
_READY_LASTS_S = 2.0
"""Of real time, however fast the practice is: real health checks also notice late that all is no longer well."""


@dataclass(frozen=True)
class _Look:
    """What is the same for every container during one look."""

    speed: float
    connect: programs.Connect


class Observer:
    """One process's view of the host.

    Nothing runs between looks: a one-shot whose time has come does its work when somebody next looks, whichever
    process that is, under a lock that dies with its holder. A look that is killed midway is made again by the next
    one, since each migration is a transaction that records itself.
    """

    def __init__(self, project: ComposeProject, state: State, cluster: Cluster) -> None:
        self._project = project
        self.state = state
        self._cluster = cluster
        self._lock_file = cluster.home / "programs.lock"
        self._verdicts: dict[tuple[str, float | None], tuple[float, Verdict]] = {}
        self.store = ContainerStore(state)
        self.failures = FailureOrders(state)

    def containers(self, service: str = "") -> tuple[Container, ...]:
        """Every container of the project, or of one service, as it is now."""
        self.catch_up()
        speed = self.state.speed
        with contextlib.ExitStack() as connections:
            look = _Look(speed, self._shared(connections))
            records = self.store.present(service) if service else self.store.present()
            return tuple(self._seen(record, look) for record in records)

    def answer(self, container_id: str, port: int) -> int | None:
        """The status with which a program answers a GET on a port; None where nobody listens (yet)."""
        self.catch_up()
        record, now = self.store.find(container_id), time.time()
        speed = self.state.speed
        if record is None or port not in service(record.service).ports:
            return None
        if not has_booted(record, pace(record.service, record.config, speed), now):
            return None
        with contextlib.ExitStack() as connections:
            ready = self._verdict(record, now, _Look(speed, self._shared(connections))) == "ready"
        return HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE

    def standing(self) -> tuple[Standing, ...]:
        """The running containers, by what their health checks last said: nothing is done, and no program is asked."""
        found, speed = [], self.state.speed
        for record in self.store.present():
            its_pace = pace(record.service, record.config, speed)
            state, health, _ = condition(record, its_pace, time.time(), self.last_verdict(record))
            if state == "running" and not record.one_off:
                found.append(Standing(record.id, record.service, health in {"none", "healthy"}))
        return tuple(found)

    def last_verdict(self, record: Record) -> Verdict:
        """What its health check said when somebody last looked; a program that nobody asked is taken for ready."""
        known = self._verdicts.get((record.id, record.started_at))
        return known[1] if known else "ready"

    def catch_up(self) -> None:
        """Let every program whose time has come do its work; call it before any look at the world."""
        if not self._due():
            return
        with self._lock_file.open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for record in self._due():
                self._act(record)

    def postgres_runs(self) -> bool:
        """Whether the server may be spoken to: its container runs, and so does it."""
        for record in self.store.present(POSTGRES):
            if record.started_at is not None and record.stopped_at is None and not record.refusal:
                self._cluster.ensure_running()
                return True
        return False

    @contextlib.contextmanager
    def connect(self, dsn: str, *, patience_s: float = 0.0) -> "Iterator[psycopg.Connection[Any]]":
        """Open the database of a `postgres://` address as a container would, through the server's socket.

        A statement that takes longer than `patience_s` fails; 0 waits for ever.
        """
        import psycopg

        if not self.postgres_runs():
            raise psycopg.OperationalError("connection to server failed: Connection refused")
        address = urlsplit(dsn)
        with psycopg.connect(
            host=str(self._cluster.socket),
            port=PORT,
            user=unquote(address.username or ""),
            password=unquote(address.password or ""),
            dbname=address.path.lstrip("/"),
            connect_timeout=_CONNECT_TIMEOUT_S,
            options=f"-c statement_timeout={int(patience_s * 1000)}",
            autocommit=True,
        ) as connection:
            yield connection

    def _due(self) -> list[Record]:
        now = time.time()
        speed = self.state.speed
        return sorted(
            (
                record
                for record in self.store.present()
                if programs.acts(record)
                and not record.acted
                and record.started_at is not None
                and record.stopped_at is None
                and not record.refusal
                and now - record.started_at >= pace(record.service, record.config, speed).boot_s
            ),
            key=lambda record: record.started_at or 0.0,
        )

    def _act(self, record: Record) -> None:
        self._verdicts.clear()  # what it does to the schema shows in the next look at every service
        fail = self.failures.befalls("migration", record.service, record.image_id)
        answer = programs.migrate(record, self.connect, fail=fail)
        now = time.time()
        with self.state.transaction():
            self.store.acted(record.id)
            self.store.say(record.id, now, *answer.lines)
            if programs.is_job(record):
                self.store.stopped(record.id, now, 0 if answer.ok else 1)

    def _shared(self, connections: contextlib.ExitStack) -> programs.Connect:
        """As `connect`, with one connection for all who sign in alike during one look."""
        opened: dict[tuple[str | None, str | None, str], psycopg.Connection[Any]] = {}

        @contextlib.contextmanager
        def connect(dsn: str) -> "Iterator[psycopg.Connection[Any]]":
            address = urlsplit(dsn)
            key = (address.username, address.password, address.path)
            if key not in opened:
                opened[key] = connections.enter_context(self.connect(dsn, patience_s=_CHECK_TIMEOUT_S))
            yield opened[key]

        return connect

    def _seen(self, record: Record, look: "_Look") -> Container:
        its_pace = pace(record.service, record.config, look.speed)
        now = time.time()
        alive = record.started_at is not None and record.stopped_at is None and not record.refusal
        booted = alive and now - (record.started_at or now) >= its_pace.boot_s
        verdict: Verdict = self._verdict(record, now, look) if booted else "not ready"
        return to_container(record, self._project, its_pace, now, verdict)

    def _verdict(self, record: Record, now: float, look: "_Look") -> Verdict:
        key = (record.id, record.started_at)
        known = self._verdicts.get(key)
        lasts_s = _VERDICT_LASTS_S / look.speed
        if known and now - known[0] < (max(lasts_s, _READY_LASTS_S) if known[1] == "ready" else lasts_s):
            return known[1]
        answer = self._health(record, look.connect)
        verdict: Verdict = "ready" if answer.ok else "not ready"
        self._verdicts[key] = (now, verdict)
        if not answer.ok and self.store.output(record.id, now, 1) != answer.lines[-1:]:
            self.store.say(record.id, now, *answer.lines)
        return verdict

    def _health(self, record: Record, connect: programs.Connect) -> programs.Answer:
        if self.failures.befalls("unhealthy", record.service, record.image_id):
            return programs.Answer(ok=False, lines=("error: GET /health/ready answered 503: starting up",))
        if record.service == POSTGRES:
            return programs.Answer(ok=self.postgres_runs(), lines=("no response",))
        return programs.health(record, connect)

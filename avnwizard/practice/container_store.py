"""Containers and their logs in the practice host's state."""

import json
import secrets
import sqlite3
from dataclasses import asdict
from functools import cache
from typing import Any

from avnwizard.errors import HostError
from avnwizard.practice.containers import Record, host_ports
from avnwizard.practice.state import State


class ContainerStore:
    """Reads and writes containers; call the writing ones inside `State.transaction` where they must go together."""

    def __init__(self, state: State) -> None:
        self._state = state

    def present(self, service: str | None = None) -> list[Record]:
        """Every container that was not removed, by service and number; of one service if named."""
        query = "SELECT * FROM container WHERE removed_at IS NULL"
        if service is None:
            return [_record(row) for row in self._state.rows(f"{query} ORDER BY service, number, created_at")]
        return [
            _record(row) for row in self._state.rows(f"{query} AND service = ? ORDER BY number, created_at", service)
        ]

    def seen_since(self, moment: float) -> list[Record]:
        """Every container that was there at some time since a moment, those removed meanwhile too."""
        rows = self._state.rows("SELECT * FROM container WHERE removed_at IS NULL OR removed_at > ?", moment)
        return [_record(row) for row in rows]

    def find(self, container_id: str) -> Record | None:
        """A container that was not removed, by its id or a prefix of it."""
        rows = self._state.rows(
            "SELECT * FROM container WHERE removed_at IS NULL AND substr(id, 1, ?) = ?",
            len(container_id),
            container_id,
        )
        return _record(rows[0]) if container_id and rows else None

    def add(self, record: Record) -> None:
        """A new container."""
        values = {**asdict(record), "config": json.dumps(record.config)}
        names = ", ".join(values)
        with self._state.transaction() as db:
            db.execute(
                f"INSERT INTO container ({names}) VALUES ({', '.join(':' + name for name in values)})",  # noqa: S608 - field names
                values,
            )

    def started(self, container_id: str, at: float, refusal: str) -> None:
        """It was started at `at`; `refusal` is why its program will exit, "" when it will not."""
        with self._state.transaction() as db:
            db.execute(
                "UPDATE container SET started_at = ?, stopped_at = NULL, exit_code = 0, acted = 0, refusal = ?"
                " WHERE id = ?",
                (at, refusal, container_id),
            )

    def stopped(self, container_id: str, at: float, exit_code: int) -> None:
        """It ended at `at`."""
        with self._state.transaction() as db:
            db.execute(
                "UPDATE container SET stopped_at = ?, exit_code = ? WHERE id = ? AND stopped_at IS NULL",
                (at, exit_code, container_id),
            )

    def acted(self, container_id: str) -> None:
        """Its program has done to the world what it does."""
        with self._state.transaction() as db:
            db.execute("UPDATE container SET acted = 1 WHERE id = ?", (container_id,))

    def rename(self, container_id: str, name: str) -> None:
        """Give it another name."""
        with self._state.transaction() as db:
            db.execute("UPDATE container SET name = ? WHERE id = ?", (name, container_id))

    def removed(self, container_id: str, at: float) -> None:
        """It was removed at `at`; its row stays, as the host's history."""
        with self._state.transaction() as db:
            db.execute("UPDATE container SET removed_at = ? WHERE id = ?", (at, container_id))

    def require_free_ports(self, record: Record) -> None:
        """Refuse to start a container whose host port another one has, as the engine does."""
        wanted = host_ports(record)
        for other in self.present():
            running = other.started_at is not None and other.stopped_at is None
            taken = wanted & host_ports(other) if running and other.id != record.id else set()
            if taken:
                raise HostError(
                    f"container {record.name} cannot start: bind for {min(taken)} failed: port is already allocated",
                    f"{other.name} has it.",
                )

    def say(self, container_id: str, at: float, *lines: str) -> None:
        """Lines of its output, said at `at`, which may lie ahead."""
        with self._state.transaction() as db:
            db.executemany("INSERT INTO log VALUES (?, ?, ?)", [(container_id, at, line) for line in lines])

    def output(self, container_id: str, until: float, lines: int, since: float = 0.0) -> tuple[str, ...]:
        """The last lines said until then."""
        rows = self._state.rows(
            "SELECT line FROM log WHERE container_id = ? AND at BETWEEN ? AND ? ORDER BY at DESC, rowid DESC LIMIT ?",
            container_id,
            since,
            until,
            lines,
        )
        return tuple(str(row["line"]) for row in reversed(rows))


def new_id() -> str:
    """64 hex digits, as the engine names containers."""
    return secrets.token_hex(32)


@cache
def _config(text: str) -> dict[str, Any]:
    """A container's configuration: it is never changed, and every look at the host reads all of them."""
    found: dict[str, Any] = json.loads(text)
    return found


def _record(row: sqlite3.Row) -> Record:
    fields = {name: row[name] for name in Record.__dataclass_fields__}
    fields["config"] = _config(row["config"])
    fields["one_off"] = bool(row["one_off"])
    fields["acted"] = bool(row["acted"])
    return Record(**fields)

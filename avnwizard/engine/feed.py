"""The feed: what a run says while it works, for whoever watches. Losing its tail in a crash costs nothing."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from avnwizard.engine.private import make_file, make_folder

EventKind = Literal["run", "step", "say", "progress", "measure", "cost", "canary"]


@dataclass(frozen=True)
class Event:
    """One line of the feed.

    Attributes:
        at: seconds since the epoch.
        kind: "run" and "step" mirror the journal (`data["state"]`), "say" is a line of text (hostile, shown
            escaped), "progress" has `done`, `total` (None where unknown), `unit`; "measure" has numbers;
            "cost" says in `text` what going back would cost now; "canary" how the synthetic user fares, with `tried`,
            `failed` and `broken`.
    """

    at: float
    kind: EventKind
    step: str
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)


class FeedWriter:
    """Appends events to a run's feed, one JSON object a line, each in one write: threads may share a feed."""

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        self._path = path
        self._listeners: list[Callable[[Event], None]] = []
        make_file(path)

    def listen(self, heard: Callable[[Event], None]) -> None:
        """Pass each event on within this process too."""
        self._listeners.append(heard)

    def emit(self, kind: EventKind, step: str, text: str = "", **data: Any) -> None:
        """Append one event, in one write, so that neither readers nor other threads see half of one."""
        event = Event(time.time(), kind, step, text, data)
        line = json.dumps(asdict(event)).encode()
        with self._path.open("ab", buffering=0) as feed:
            feed.write((b"\n" if self._torn() else b"") + line + b"\n")
        for heard in self._listeners:
            heard(event)

    def _torn(self) -> bool:
        size = self._path.stat().st_size
        if not size:
            return False
        with self._path.open("rb") as feed:
            feed.seek(size - 1)
            return feed.read(1) != b"\n"


class FeedReader:
    """Reads a feed from its start and then what is new, as often as asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> list[Event]:
        """The events since the last call; a line still being written waits for the next."""
        try:
            with self._path.open("rb") as feed:
                feed.seek(self._offset)
                fresh = feed.read()
        except FileNotFoundError:
            return []
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [event for line in whole.splitlines() if (event := _parse(line))]


def _parse(line: bytes) -> Event | None:
    try:
        found = json.loads(line)
        return Event(found["at"], found["kind"], found["step"], found["text"], found["data"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None  # the torn line of a killed writer

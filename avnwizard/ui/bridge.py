"""Watches a run from outside: a thread reads journal, feed and lock, and posts what is new, at most at 4 Hz."""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from textual.message import Message
from textual.message_pump import MessagePump

from avnwizard.engine.feed import Event, FeedReader
from avnwizard.engine.records import Action
from avnwizard.errors import WizardError
from avnwizard.flows.holding import is_live
from avnwizard.flows.run.registry import flow_of
from avnwizard.ui.run_view import RunNews

if TYPE_CHECKING:
    from collections.abc import Mapping

    from avnwizard.domain.instance import Instance
    from avnwizard.engine.journal import Journal
    from avnwizard.flows.host import Host

LOOK_S = 0.25
_RECORD_S = 1.0
"""Journal and lock are looked at so often while the feed is silent."""
_INSTANCES_S = 2.0
_RESTING_S = 10.0
"""The services of a run that stopped are looked at so often."""
_GRACE_S = 2.0
"""A run that somebody else started a moment ago is not cut off yet."""
_START_S = 20.0
"""A process that was just started may not have taken the lock yet."""
_ACTIONS: tuple[Action, ...] = ("pause", "resume", "abort")


class Ending(Protocol):
    """A process that may have ended."""

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""


@dataclass
class RunSeen(Message):
    """Something is new about the run that is watched."""

    news: RunNews
    settled: bool


class RunWatch:
    """Looks at one run until it is asked to stop; nothing it does can disturb the run.

    Args:
        listener: gets `RunSeen` messages.
        process: the run's process where this one started it; it is reaped here.
    """

    def __init__(self, host: "Host", run: str, listener: MessagePump, process: Ending | None = None) -> None:
        self._host, self._run, self._listener, self._process = host, run, listener, process
        self._stop = threading.Event()
        self._began = time.monotonic()
        self._expected: Mapping[str, float] | None = None
        self._thread = threading.Thread(target=self._watch, name=f"watch {run}", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; returns at once."""
        self._stop.set()

    def _watch(self) -> None:
        journal, reader = self._host.journal(), FeedReader(self._host.state.feed(self._run))
        last: RunNews | None = None
        next_record = next_instances = 0.0
        settled = False
        while not self._stop.is_set():
            now, events = time.monotonic(), tuple(reader.read())
            if events or now >= next_record:
                next_record = now + _RECORD_S
                news = self._look(journal, events)
                if not news.live:  # what it said last, since it was asked
                    news = replace(news, events=(*events, *reader.read()))
                turned = last is None or (last.live, last.record.state) != (news.live, news.record.state)
                if turned or now >= next_instances:
                    next_instances = now + (_INSTANCES_S if news.live else _RESTING_S)
                    news = replace(news, instances=self._instances())
                was_settled, settled = settled, self._is_settled(now)
                if last is None or settled != was_settled or _differs(last, news):
                    self._listener.post_message(RunSeen(news, settled))
                last = news if news.instances is not None or last is None else replace(news, instances=last.instances)
            self._stop.wait(LOOK_S)
        journal.close()

    def _look(self, journal: "Journal", events: tuple[Event, ...]) -> RunNews:
        record = journal.run(self._run)
        alive = self._process.poll() is None if self._process else False
        if self._expected is None:
            self._expected = {}
            with suppress(WizardError):  # another version planned it: then nobody knows
                self._expected = flow_of(record).expected(self._host, journal, record)
        return RunNews(
            record=record,
            steps=tuple(journal.steps(self._run)),
            live=alive or is_live(self._host, self._run),
            events=events,
            asked=frozenset(action for action in _ACTIONS if journal.asked(self._run, action)),
            expected=self._expected,
        )

    def _is_settled(self, now: float) -> bool:
        if self._process is None:
            return now - self._began >= _GRACE_S
        return self._process.poll() is not None or now - self._began >= _START_S

    def _instances(self) -> "tuple[Instance, ...] | None":
        try:
            return self._host.platform.instances()
        except WizardError:
            return None  # the run itself says so if it matters to it


def _differs(before: RunNews, after: RunNews) -> bool:
    fresh = after.instances is not None and after.instances != before.instances
    same = all(getattr(before, name) == getattr(after, name) for name in ("record", "steps", "live", "asked"))
    return bool(after.events) or fresh or not same

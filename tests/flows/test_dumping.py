"""Several databases are dumped at once: the large ones first, in their own order afterwards; one failure ends all."""

import threading
from pathlib import Path
from typing import Any

import pytest

from avnwizard.domain.host import DatabaseFacts
from avnwizard.domain.postgres.database import DatabaseContents, FileFacts
from avnwizard.domain.postgres.writes import WriteCounters
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.step import AbortRequestedError, StepContext
from avnwizard.errors import HostError
from avnwizard.flows.snapshot import dumping
from avnwizard.flows.snapshot.dumping import dump_all, workers
from avnwizard.planned import PlannedStep
from avnwizard.ports import Progress

_LIMIT_S = 30.0
_FACTS = tuple(DatabaseFacts(name, "o", size) for name, size in (("a", 5), ("big", 900), ("c", 7), ("d", 300)))


class _Moment:
    def __init__(self, database: str) -> None:
        self.database, self.id, self.major = database, "1-1", 17
        self.ended = threading.Event()
        self.counters = WriteCounters(database, {})

    @property
    def cancelled(self) -> bool:
        return self.ended.is_set()

    def cancel(self) -> None:
        self.ended.set()

    def contents(self) -> DatabaseContents:
        raise NotImplementedError


class _Server:
    """Dumps nothing; a database in `slow` takes until it is cancelled, one in `bad` fails."""

    def __init__(self, slow: str = "", bad: str = "") -> None:
        self._slow, self._bad, self.begun = slow, bad, list[str]()

    def beside(self) -> str:
        self.begun.append("beside")
        if self._bad == "beside":
            raise HostError("it broke", "look")
        return "seen"

    def dump(self, moment: _Moment, to: Path, progress: Any) -> tuple[FileFacts, DatabaseContents]:
        self.begun.append(moment.database)
        if moment.database == self._bad:
            raise HostError("it broke", "look")
        if moment.database == self._slow:
            assert moment.ended.wait(_LIMIT_S), "nobody ended it"
            raise HostError("broken off", "")
        return FileFacts(1, moment.database), DatabaseContents("f", {"t": 1}, (), None)  # type: ignore[arg-type]


def _context(tmp_path: Path) -> StepContext:
    journal = Journal(tmp_path / "journal.db")
    journal.create_run("run", kind="upgrade", title="t", plan="{}", steps=[PlannedStep("snapshot", "Take it")])
    return StepContext(journal, FeedWriter(tmp_path / "feed"), "run", "snapshot")


def _dump(ctx: StepContext, server: _Server, told: dict[int, list[int]] | None = None) -> list[str]:
    moments = [_Moment(one.name) for one in _FACTS]
    heard = {} if told is None else told
    database: Any = server

    def telling(number: int) -> Progress:
        return lambda done, _total: heard.setdefault(number, []).append(done)

    made, beside = dump_all(ctx, database, _FACTS, moments, Path(), telling, beside=server.beside)
    assert beside == "seen"
    assert [one.counters.epoch for one in made if one.counters] == [one.name for one in _FACTS]
    return [one.dump.sha256 for one in made]


def test_the_largest_first_and_in_order_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One at a time they show their order; the result has the databases' own."""
    monkeypatch.setattr(dumping, "workers", lambda _: 1)
    server, told = _Server(), dict[int, list[int]]()
    assert _dump(_context(tmp_path), server, told) == ["a", "big", "c", "d"]
    assert server.begun == ["big", "beside", "d", "c", "a"]
    assert told == {0: [1], 1: [1], 2: [1], 3: [1]}


@pytest.mark.parametrize("bad", ["c", "beside"])
def test_one_failure_ends_the_others(bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The large one, which would take an hour more, is broken off; the error is that of the one that failed."""
    monkeypatch.setattr(dumping, "workers", lambda _: 2)
    server = _Server(slow="big", bad=bad)
    with pytest.raises(HostError, match="it broke"):
        _dump(_context(tmp_path), server)
    assert "a" not in server.begun


def test_an_abort_ends_the_ones_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for before the next begins."""
    monkeypatch.setattr(dumping, "workers", lambda _: 2)
    ctx = _context(tmp_path)
    ctx._journal.post("run", "abort")
    with pytest.raises(AbortRequestedError):
        _dump(ctx, _Server(slow="big"))


def test_how_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never more than there are; a small one beside a large one on any machine."""
    monkeypatch.setattr(dumping.os, "cpu_count", lambda: 8)  # type: ignore[attr-defined]
    assert [workers(number) for number in (0, 1, 3, 40)] == [1, 1, 3, 4]
    monkeypatch.setattr(dumping.os, "cpu_count", lambda: 1)  # type: ignore[attr-defined]
    assert workers(5) == 2

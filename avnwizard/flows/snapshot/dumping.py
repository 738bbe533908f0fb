"""The dumps of a snapshot: several at a time, all of one moment.

On two cores (tests/bench/dumping.py: two databases of 300 MB, three rounds on a busy machine) two at once took less
than one after the other in every round, a tenth at least; three at once no less than two. Within the container, a
folder dump with two jobs (`-Fd -j2`) took a fifth less than one stream; but it lies on the container's disk, which
needs the room for it, and is still to be brought out and read back: a stream has done both by then.

Where the CPU's time goes at 1 GB on two cores, in seconds of the dumps alone: the server's process 2.9, pg_dump with
zstd:1 2.3, pg_restore 0.4, ourselves 0.7 (of it 0.3 for hashing twice), counting the rows 0.4; where the pipes cannot
be taken (adapters/postgres/proc_pipes), the engine's streams 3.4 (shim, dockerd, we), tee and a third hash 0.8 too.
Tried and not kept: zstd below 1 (no faster, 1.8 times as large), lz4 (a tenth faster, twice as large), zstd with
`long` (half as slow again, no smaller), wider writes of pg_dump by `stdbuf` and wider pipes between the tools
(nothing that showed between two runs).
"""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from avnwizard.domain.host import DatabaseFacts
from avnwizard.domain.postgres.database import DatabaseContents, FileFacts
from avnwizard.domain.snapshot import DumpedDatabase, Part
from avnwizard.domain.words import size
from avnwizard.engine.step import StepContext
from avnwizard.ports import Database, Moment, Progress

Beside = TypeVar("Beside")
_AT_LEAST = 2
_CORES_EACH = 2
"""A server process that copies, pg_dump that compresses, and a third of a core for the rest of a dump's way."""


def workers(databases: int) -> int:
    """How many databases are dumped at once: one for every two cores, and a small one with a large one anywhere."""
    return max(1, min(databases, max(_AT_LEAST, (os.cpu_count() or 1) // _CORES_EACH)))


def dump_all(
    ctx: StepContext,
    database: Database,
    facts: Sequence[DatabaseFacts],
    moments: Sequence[Moment],
    folder: Path,
    telling: Callable[[int], Progress],
    beside: Callable[[], Beside],
) -> tuple[list[DumpedDatabase], Beside]:
    """Dump each into `database-N.dump`, the largest first; the first that fails ends the others.

    Args:
        facts: the databases, as `moments` holds them.
        telling: what hears how far the N-th is; called from other threads, and with (1, 1) at its end.
        beside: what else is to be done meanwhile, in a thread, once the largest is under way; its result comes too.

    Raises:
        HostError: a database could not be dumped, or not be read back; or what `beside` raises.
        AbortRequestedError: the operator asked for it.
    """

    def one(number: int) -> DumpedDatabase:
        file, began = f"database-{number}.dump", time.monotonic()
        with ctx.effect(f"dump-{number}"):
            written, found = database.dump(moments[number], folder / file, telling(number))
        telling(number)(1, 1)
        made = _described(facts[number], file, written, found, dump_s=time.monotonic() - began)
        return replace(made, counters=moments[number].counters)

    at_work: dict[Future[Any], int | None] = {}
    done: dict[int | None, Any] = {}
    most = workers(len(facts) + 1)
    with ThreadPoolExecutor(most, thread_name_prefix="dump") as pool:
        try:
            for number in _order(facts):
                while len(at_work) >= most:
                    _collect(at_work, done)
                ctx.checkpoint()
                if number is None:
                    at_work[pool.submit(beside)] = None
                    continue
                ctx.say(f"dumping {facts[number].name} ({size(facts[number].size_bytes)} on disk)")
                at_work[pool.submit(one, number)] = number
            while at_work:
                _collect(at_work, done)
        except BaseException:
            for number in at_work.values():
                if number is not None:
                    moments[number].cancel()
            raise
    return [done[number] for number in range(len(facts))], done[None]


def _order(facts: Sequence[DatabaseFacts]) -> list[int | None]:
    """The numbers of the databases, the largest first; after it None, what is done alongside."""
    order: list[int | None] = [*sorted(range(len(facts)), key=lambda number: -facts[number].size_bytes)]
    return [*order[:1], None, *order[1:]]


def _collect(at_work: dict[Future[Any], int | None], done: dict[int | None, Any]) -> None:
    finished, _ = wait(at_work, return_when=FIRST_COMPLETED)
    for each in finished:
        done[at_work.pop(each)] = each.result()


def _described(
    facts: DatabaseFacts, file: str, written: FileFacts, found: DatabaseContents, *, dump_s: float
) -> DumpedDatabase:
    return DumpedDatabase(
        name=facts.name,
        owner=facts.owner,
        size_bytes=facts.size_bytes,
        fingerprint=found.fingerprint,
        rows=found.rows,
        dump=Part(file, written.size_bytes, written.sha256),
        exact=True,
        properties=found.properties,
        extensions=found.extensions,
        dump_s=round(dump_s, 3),
    )

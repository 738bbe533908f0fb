"""The child: parses SQL until its stdin ends. It has no secret, no terminal, and limits that end it and it alone."""

import os
import resource
import sys

from avnwizard.adapters.sql.wire import MOST_EFFECTS, Made, answer, answer_pieces, read_question
from avnwizard.domain.migrations import Effect, Judged
from avnwizard.domain.migrations.cutting import cut_file
from avnwizard.domain.migrations.judging import Fresh
from avnwizard.domain.migrations.parsing import judge_file
from avnwizard.domain.migrations.pieces import Pieces


def main() -> None:
    """Answer each question of stdin on stdout. The arguments: a text's processor time in s, and memory in bytes."""
    cpu_s, memory_bytes = map(int, sys.argv[1:])
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints is no answer
    for line in sys.stdin.buffer:
        _limit(resource.RLIMIT_CPU, int(_cpu_s()) + 1 + cpu_s)
        sql, made, cut = read_question(line)
        out.write(answer_pieces(*_cut(sql, made)) if cut else answer(*_judged(sql, made)))
        out.flush()


def _judged(sql: str, made: Made) -> tuple[Judged, Made]:
    fresh = Fresh(set(made.tables), set(made.columns))
    effects: list[tuple[int, Effect]] = []
    try:
        for one in judge_file(sql, fresh):
            effects.append(one)
            if len(effects) > MOST_EFFECTS:
                return Judged(problem=f"it holds more than {MOST_EFFECTS:,} statements"), Made()
    except MemoryError:
        return Judged(problem="it takes too much memory"), Made()
    except RecursionError:
        return Judged(problem="it is nested too deeply"), Made()
    except Exception as error:  # noqa: BLE001 - an odd tree must cost this file alone, and be seen
        return Judged(problem=f"this wizard cannot judge it: {type(error).__name__}"), Made()
    return Judged(tuple(effects)), _new(fresh, made)


def _cut(sql: str, made: Made) -> tuple[Pieces, Made]:
    fresh = Fresh(set(made.tables), set(made.columns))
    try:
        pieces = tuple(cut_file(sql, fresh))
    except Exception as error:  # noqa: BLE001 - whatever cannot be cut is run by the release itself
        return Pieces(problem=str(error) if isinstance(error, ValueError) else type(error).__name__), Made()
    return Pieces(pieces), _new(fresh, made)


def _new(fresh: Fresh, made: Made) -> Made:
    return Made(frozenset(fresh.tables) - made.tables, frozenset(fresh.columns) - made.columns)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _limit(what: int, most: int) -> None:
    """Lower a soft limit; the hard one stays, as another user's may be lower already."""
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    main()

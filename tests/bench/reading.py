"""How well and how fast a release is read: `python -m tests.bench.reading`. Nothing here is asserted."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avnwizard.domain.changelog import sections_between
from avnwizard.domain.envdiff import diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.migrations import read_migrations
from avnwizard.domain.version import Version
from tests.bench.scoring import EnvScore, changelog_score, env_score
from tests.reading.corpus import CORPUS, WHY_ABSENT, cases
from tests.reading.in_process import judge

_ROUNDS = 3
_RULE = "-" * 78


def _project(folder: Path) -> str:
    return folder.name.removeprefix("neg-").split("-")[0]


def _halves(kind: str) -> dict[str, list[tuple[Path, dict[str, Any]]]]:
    """The cases of every second project (by name) each."""
    found = list(cases(kind))
    projects = sorted({_project(folder) for folder, _ in found})
    even = set(projects[::2])
    return {
        "all": found,
        "half A": [case for case in found if _project(case[0]) in even],
        "half B": [case for case in found if _project(case[0]) not in even],
    }


def _env_row(name: str, score: EnvScore) -> None:
    print(
        f"{name:<14} {score.cases:>3} cases  P {score.precision:.3f} R {score.recall:.3f}  "
        f"sure P {score.sure_precision:.3f} R {score.sure_recall:.3f}  "
        f"keys {score.keys_exact}/{score.cases}  negatives hit {score.negatives_hit}/{score.negatives}"
    )


def figures() -> None:
    """The score table."""
    if CORPUS is None:
        print(WHY_ABSENT)
        return
    print(f"env{_RULE}")
    for name, found in _halves("env").items():
        _env_row(name, env_score(found))
    _env_row("derived", env_score(cases("env-derived")))
    print(f"changelog{_RULE}")
    for name, found in _halves("changelog").items():
        score = changelog_score(found)
        print(
            f"{name:<14} ranges {score.ranges_exact}/{score.ranges}  "
            f"breaking P {score.precision:.3f} R {score.recall:.3f}"
        )


def _timed(name: str, work: Callable[[], object]) -> None:
    best = float("inf")
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(f"{name:<58} {best * 1000:8.1f} ms")


def _changelog(size_bytes: int) -> str:
    line = (
        "* **part:** a change that is told in one line of the usual length ([abc1234](https://example.org/c/abc))\n"
    )
    out: list[str] = []
    number = 0
    while sum(len(part) for part in out) < size_bytes:
        head = f"## [{number // 20}.{number % 20}.0](https://example.org/compare/a...b) (2024-01-01)"
        out.append(f"{head}\n\n### ⚠ BREAKING CHANGES\n\n* gone\n\n### Features\n\n{line * 22}")
        number += 1
    return "\n".join(reversed(out))


def _env(prefix: str) -> EnvFile:
    lines = [f"# what number {i} is for\n{prefix}_PART{i % 40}_NAME{i}=value-{i}\n" for i in range(1000)]
    return EnvFile.parse("\n".join(lines).encode())


def times() -> None:
    """The table of times, the best of three."""
    big = _changelog(1_000_000)
    tags = [f"v{i // 100}.{i % 100}.{i % 7}-rc.{i % 5}" for i in range(2000)]
    old, new = _env("ACME"), _env("ZENITH")
    sql = "".join(f"ALTER TABLE t{i} ADD COLUMN c int; CREATE INDEX ON t{i} (c);\n" for i in range(500))
    data = old.to_bytes()
    print(f"times{_RULE}")
    _timed(f"changelog of {len(big):,} bytes, 20 releases", lambda: sections_between(big, "26.0.0", "27.0.0"))
    _timed(f"changelog of {len(big):,} bytes, all of it", lambda: sections_between(big, "0.0.0", "99.0.0"))
    _timed("2,000 tags parsed and sorted", lambda: sorted(map(Version.parse, tags)))
    _timed("1,000 variables parsed", lambda: EnvFile.parse(data).variables())
    _timed("1,000 variables, all renamed", lambda: diff_env(old, new))
    _timed("1,000 SQL statements", lambda: read_migrations({"1.sql": sql}, judge))


if __name__ == "__main__":
    figures()
    times()

"""How long many newer tags take to read: `python -m tests.bench.many_tags [N ...]`. Nothing here is asserted."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from avnwizard.adapters.git import open_repo
from avnwizard.adapters.sql.reader import ChildSqlReader
from avnwizard.domain.config import Config
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade import releases
from avnwizard.flows.upgrade.outlines import outline

_USUAL = (20, 50, 400)


def _file(path: str, text: str) -> str:
    return f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n"


def _history(count: int) -> str:
    """Each release adds a migration, a section of the changelog and, every tenth time, a variable."""
    notes, env, out = "", "BASE=1\n", []
    for number in range(count + 1):
        breaking = "### Breaking\n\n- `OLD` goes\n\n" if number % 7 == 0 else ""
        notes = (
            f"## 1.{number}.0 - 2030-01-01\n\n{breaking}### Added\n\n- thing {number}\n- and more of it\n\n{notes}"
        )
        env += f"# what {number} is for\nNAME_{number}={number}\n" if number % 10 == 0 else ""
        sql = f"CREATE TABLE t{number} (id int);\nALTER TABLE t{max(number - 1, 0)} ADD COLUMN c{number} int;\n"
        out.append(
            f"commit refs/heads/main\ncommitter N <n@x> {1_900_000_000 + number} +0000\ndata 1\nx\n"
            + _file("CHANGELOG.md", f"# Changelog\n\n{notes}")
            + _file(".env.example", env)
            + _file(f"deploy/docker/migrations/{number:04}_step.sql", sql)
            + f"\nreset refs/tags/v1.{number}.0\nfrom refs/heads/main\n\n"
        )
    return "".join(out)


def _checkout(folder: Path, count: int) -> None:
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "fast-import", "--quiet"], input=_history(count).encode(), check=True)
    subprocess.run([*git, "checkout", "-q", "v1.0.0"], check=True)


def _host(folder: Path) -> Host:
    """Only what reading a release needs."""
    config = Config()
    return cast(
        "Host",
        SimpleNamespace(
            config=config, repo=open_repo(folder), sql=ChildSqlReader(), has_database=False, choice=SimpleNamespace()
        ),
    )


def measure(count: int) -> None:
    """One row: the list, and the outlines of all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _checkout(folder, count)
        host, start = _host(folder), time.perf_counter()
        listing = releases.listing(host)
        listed = time.perf_counter() - start
        for one in listing.newer:
            outline(host, listing.current, one.tag, newest=listing.newer[0].tag)
        print(
            f"{len(listing.newer):>4} newer tags: list {listed:6.2f} s, all {time.perf_counter() - start:7.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    for amount in map(int, sys.argv[1:]) if sys.argv[1:] else _USUAL:
        measure(amount)

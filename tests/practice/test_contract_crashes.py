"""What a release held back, run later and killed at every fault point: resumed it ends as if nothing had happened.

There is no undo of it: until its one transaction is through, nothing has changed, and afterwards its snapshot has
what went. So each case looks that the schema is whole, old or new, and that the resumed run ends well.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from avnwizard.errors import ExitCode
from avnwizard.flows.contract.planning import plan_contract
from avnwizard.flows.run.orders import order_contract
from avnwizard.practice import workshop
from avnwizard.practice.host import open_host as open_practice
from avnwizard.practice.place import CHECKOUT
from tests.flows.cli import answer_all, avnwizard
from tests.practice.crash_world import KILLED, World, opened

FAILED = 4
STRIDE = 1 if os.environ.get("AVNWIZARD_MATRIX") == "full" else 5


@dataclass(frozen=True)
class Written:
    """The rest of a release's migrations, written down and not begun."""

    run: str
    before: dict[str, Any]
    after: dict[str, Any]
    points: tuple[str, ...]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Written]]:
    """A stack at v2.0.0 that held two statements back, and the run of the rest, carried through once undisturbed."""
    folder = tmp_path_factory.mktemp("contract")
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is private, and much faster than a disk
    base = Path(tempfile.mkdtemp(prefix="avnwizard-contract-", dir=memory if os.access(memory, os.W_OK) else None))
    base.chmod(0o755)
    home = base / "home"
    practice = workshop.make(home, speed=2000.0, seed_rows=20, durable=False)
    world = World(home, practice.cluster.data, base / "kept-home", base / "kept-data", "")
    try:
        yield world, _written(world, folder)
    finally:
        open_practice(home).destroy()
        shutil.rmtree(base, ignore_errors=True)


def _written(world: World, folder: Path) -> Written:
    checkout = world.home / CHECKOUT
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    answers = answer_all(checkout, "v2.0.0", folder / "answers.toml")
    words = ("--to", "v2.0.0", "--stack", str(checkout), "--answers", str(answers), "--hold-back", "--yes")
    held = avnwizard("upgrade", *words)
    assert held.code == ExitCode.DONE, held.err
    with opened(world.home) as host:
        run = order_contract(host, plan_contract(host, host.journal()))
    before = world.state()
    world.shut_down()
    world.keep()
    assert world.carry(run, log_to=folder / "log") == 0
    return Written(run, before, world.state(), tuple((folder / "log").read_text().split()))


def test_killed_and_resumed(at: tuple[World, Written]) -> None:
    """The schema is the one before until all of it is the one after; resumed, it ends as if nothing had happened."""
    world, written = at
    assert written.before != written.after
    applied = written.points.index(next(one for one in written.points if one.startswith("contract:apply:after")))
    numbers = sorted({*range(0, len(written.points), STRIDE), applied - 1, applied})

    def whole(point: str) -> None:
        now = written.after if written.points.index(point) >= applied else written.before
        assert world.state() == now, point

    world.killed_in_turn(written.run, [written.points[number] for number in numbers], written.after, whole)


def test_killed_and_left(at: tuple[World, Written]) -> None:
    """Killed while it only takes its snapshot, it is in nobody's way: the code alone can still go back."""
    world, written = at
    point = next(one for one in written.points if one.startswith("snapshot"))
    world.put_back()
    assert world.carry(written.run, kill_at=point) == KILLED
    said = avnwizard("rollback", "--dry-run", "--json", "--stack", world.home / CHECKOUT)
    assert said.code == ExitCode.DONE, said.err
    done = avnwizard("rollback", "--yes", "--stack", world.home / CHECKOUT)
    assert done.code == ExitCode.DONE, done.err
    with opened(world.home) as host:
        assert host.journal().run(written.run).state == "given up", "nobody runs the rest under the old code"


def test_other_code_came_meanwhile(at: tuple[World, Written]) -> None:
    """The checkout was moved by hand to code that is not the release's: nothing that it may need is taken away."""
    world, written = at
    world.put_back()
    with opened(world.home) as host:
        git = ["git", "-C", str(host.repo.directory), "-c", "user.name=o", "-c", "user.email=o@x.test"]
    tree = [*git, "commit-tree", "HEAD^{tree}", "-m", "another line of commits with the same files"]
    other = subprocess.run(tree, check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run([*git, "checkout", "-q", other], check=True)
    assert world.carry(written.run) == FAILED
    with opened(world.home) as host:
        record = host.journal().run(written.run)
    assert f"is at {other[:12]}, whose code needs what v2.0.0 held back" in record.message
    assert f"avnwizard resume {written.run}" in record.hint
    assert world.state()["schemas"] == written.before["schemas"]

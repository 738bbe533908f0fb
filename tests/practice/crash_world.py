"""A practice stack with a run written down, which can be put back, killed at a fault point, and looked at."""

import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from avnwizard.domain.answers import Answers
from avnwizard.engine.faults import KILL_AT, LOG_TO
from avnwizard.flows.host import Host
from avnwizard.flows.restore.planning import plan_restore
from avnwizard.flows.rollback import planning as rollback
from avnwizard.flows.rollback.plan import RollbackOptions
from avnwizard.flows.rollback.redo import prepare_redo
from avnwizard.flows.run import launch
from avnwizard.flows.run.orders import order_restore
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice import workshop
from avnwizard.practice.host import open_host as open_practice
from avnwizard.wiring import open_host
from tests.flows.in_process import take
from tests.flows.test_going_back import execute
from tests.in_memory import scratch
from tests.zygote import warm

KILLED = -signal.SIGKILL
TARGET = "v2.0.0"
_SPEED = 2000.0
_ROWS = 60


@dataclass(frozen=True)
class World:
    """A practice host in `home`, its database in `data`, and copies of both as they were when all was well."""

    home: Path
    data: Path
    kept_home: Path
    kept_data: Path
    run: str

    @classmethod
    def make(cls, base: Path) -> "World":
        """Make a stack at v1.5.0 with an upgrade to v2.0.0 written down and not begun."""
        home = base / "home"
        practice = workshop.make(home, speed=_SPEED, seed_rows=_ROWS, durable=False)
        with opened(home) as host:
            assert releases.fetch(host) == ""
            draft = inputs.draft(host, TARGET)
            answers = Answers().accepting(draft.decisions(Answers()))
            run = launch.create_upgrade(host, prepare(host, draft, answers))
        world = cls(home, practice.cluster.data, base / "kept-home", base / "kept-data", run)
        practice.shut_down()
        world.keep()
        return world

    def keep(self) -> None:
        """Make this state, its database shut down, the one that `put_back` brings."""
        for source, target in self._places():
            _replace(source, target)

    def shut_down(self) -> None:
        """Stop the database, so that its files may be copied."""
        open_practice(self.home).shut_down()

    def put_back(self) -> None:
        """Bring the kept state back."""
        self.shut_down()
        for target, source in self._places():
            _replace(source, target)

    def _places(self) -> list[tuple[Path, Path]]:
        """(place, its copy); the database's files may lie within the host's folder."""
        places = [(self.home, self.kept_home)]
        return places if self.data.is_relative_to(self.home) else [*places, (self.data, self.kept_data)]

    def carry(self, run: str, *, kill_at: str = "", log_to: Path | None = None) -> int:
        """Carry a run in a process of its own; its exit status as a shell would say it (-9: killed)."""
        child = os.fork()
        if child == 0:
            code = 70
            try:
                os.setsid()
                os.environ.update({KILL_AT: kill_at} if kill_at else {})
                os.environ.update({LOG_TO: str(log_to)} if log_to else {})
                code = 0 if launch.carry(open_host(self.home), run) == "done" else 4
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)

    def killed_in_turn(
        self, run: str, points: Sequence[str], after: object, at_each: Callable[[str], object] = str
    ) -> None:
        """One run, killed at each of these points and taken up again, that ends in the state `after`.

        A run for each point would make its snapshot and its migrations each time, which is most of what a run costs.
        Where it has already come by a point, as it may where steps go side by side, it begins anew there.

        Args:
            points: `NAME#N`, in the order in which an undisturbed run comes by them; a process that takes the run up
                counts its passages anew, so that each point with another number than 1 gets a run of its own.
            at_each: what is done with the run while it is dead at a point; the run goes on from there.
        """
        rest = list(points)
        while rest:
            self.put_back()
            killed_at = list[str]()
            ended = KILLED
            while rest and ended == KILLED and (not killed_at or rest[0].endswith("#1")):
                ended = self.carry(run, kill_at=rest[0])
                if ended == KILLED:
                    killed_at.append(rest.pop(0))
                    at_each(killed_at[-1])
            assert killed_at, f"it does not come by {rest[0]}"
            ended = self.carry(run) if ended == KILLED else ended
            assert ended == 0, killed_at
            assert self.state() == after, killed_at

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is done in the `with` happens to a copy: afterwards the world is as it was, its database shut down."""
        base = self.home.parent
        now = replace(self, kept_home=base / "aside-home", kept_data=base / "aside-data")
        now.shut_down()
        now.keep()
        yield
        now.put_back()

    def roll_back(self, run: str) -> str:
        """Write a rollback of a run down; its name."""
        with opened(self.home) as host:
            journal = host.journal()
            record = journal.run(run)
            plan = rollback.plan_rollback(host, journal, record, RollbackOptions(save_rows=True))
            return launch.create_rollback(host, record, plan)

    def redo(self, run: str) -> str:
        """Write the undoing of a rollback down; its name."""
        with opened(self.home) as host:
            journal = host.journal()
            return launch.create_upgrade(host, prepare_redo(host, journal, journal.run(run)))

    def order_restore(self) -> str:
        """Take a snapshot, let users write on, and write its restore down, services stopped for it; its name."""
        with opened(self.home) as host:
            folder = take(host, proof="read back", volumes=("minio_data",))
            execute(open_practice(self.home), "kratos", "DELETE FROM sessions")
            order, _ = plan_restore(host, folder, volumes=("minio_data",), stop_services=True)
            return order_restore(host, order)

    def take_back(self, run: str) -> str:
        """Write down that a run is taken back by its steps' undo; its name."""
        with opened(self.home) as host:
            return launch.create_undo(host, host.journal().run(run))

    def state(self) -> dict[str, Any]:
        """What must be equal in the end: checkout, env file, images, schema and rows."""
        with opened(self.home) as host:
            database = host.database()
            names = [one.name for one in database.databases() if "__" not in one.name]
            env = host.files.read(host.stack.project.env_file)
            return {
                "head": host.repo.head(),
                "edits": hashlib.sha256(host.repo.diff()).hexdigest(),
                "env": hashlib.sha256(env).hexdigest(),
                "env mode": host.files.mode(host.stack.project.env_file),
                "containers": sorted(
                    (one.service, one.image, one.image_id, one.config_hash, one.is_serving or one.exit_code == 0)
                    for one in host.stack.containers()
                ),
                "schemas": {name: database.fingerprint(name) for name in names},
                "rows": {name: database.row_counts(name) for name in names},
                "directors": host.edge.directors(),
                "restoring": [one.name for one in database.databases() if "__restoring_" in one.name],
            }


def _replace(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True, capture_output=True)


@contextmanager
def opened(home: Path) -> Iterator[Host]:
    """The host, for a moment."""
    yield open_host(home)


@contextmanager
def made() -> Iterator[World]:
    """A world in a folder of its own, removed afterwards with its database server."""
    warm()
    with scratch("avnwizard-crash-") as base:
        world = World.make(base)
        try:
            yield world
        finally:
            open_practice(world.home).destroy()

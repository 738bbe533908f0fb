"""The practice host behind the port `Rehearsals`: another practice stack in a folder below, on a copied server."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from avnwizard.domain.host import ComposeProject
from avnwizard.domain.rehearsal.commands import CopyServer
from avnwizard.domain.rehearsal.order import Mark
from avnwizard.errors import HostError
from avnwizard.ports import Database, PostgresAccess
from avnwizard.ports.rehearsals import Machine
from avnwizard.practice.access import PracticePostgresAccess
from avnwizard.practice.database import PORT, Cluster
from avnwizard.practice.host import PracticeHost
from avnwizard.practice.observation import Observer
from avnwizard.practice.postgres_binaries import binaries, server_account
from avnwizard.practice.stack import PracticeStack
from avnwizard.practice.state import State

FOLDER, _STATE = "rehearsal", "copy.sqlite"
_LIVE_ROWS = ("container", "director", "direction", "log")
Reach = Callable[[PracticePostgresAccess, Observer], Database]
Empty = Callable[[PostgresAccess, Sequence[str], Sequence[str]], None]


class PracticeRehearsals:
    """Copies of a practice stack.

    Args:
        practice: the live one; it is only read.
        reach: the way to a server.
        empty: empties tables of a server.
    """

    def __init__(self, practice: PracticeHost, reach: Reach, empty: Empty) -> None:
        self._practice, self._reach, self._empty = practice, reach, empty
        self._home = practice.home / FOLDER
        self._states: dict[int, State] = {}

    def machine(self) -> Machine:
        """Nothing is known of it: a practice takes next to nothing."""
        return Machine(None, None)

    def stack(self, project: ComposeProject) -> PracticeStack:
        """The copy, with the live host's images and none of its containers."""
        return PracticeStack(project, self._state(), self._cluster())

    def strangers(self, mark: Mark) -> tuple[str, ...]:
        """None: the copy is in a folder of its own."""
        del mark
        return ()

    def copy_server(self, order: CopyServer) -> None:
        """A base backup of the running practice server."""
        self.sweep(order.mark)
        self._state()
        cluster, live = self._cluster(), self._practice.cluster
        live.ensure_running()
        data, account = cluster.data, server_account()
        cluster.make_room()
        env = {"PGPASSWORD": self._practice.state.setting("postgres")["password"], "PATH": os.defpath}
        argv = [str(binaries(live.major) / "pg_basebackup"), f"--host={live.socket}", f"--port={PORT}"]
        argv += [
            f"--username={live.superuser}",
            "--no-password",
            f"--pgdata={data}",
            "--checkpoint=fast",
            "--no-sync",
        ]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise HostError(f"the practice server cannot be copied: {done.stderr.strip()[-200:]}", "Then try again.")
        if account:
            for path in (data, *data.rglob("*")):
                os.chown(path, account.uid, account.gid, follow_symlinks=False)

    def database(self, container: str) -> Database:
        """The way to the copied server."""
        del container
        return self._reach(self._access(), self._observer())

    def empty(self, container: str, databases: Sequence[str], tables: Sequence[str]) -> None:
        """Empty tables of the copied server."""
        del container
        self._empty(self._access(), databases, tables)

    def left(self, mark: Mark) -> tuple[str, ...]:
        """The folder, and the server that runs in it."""
        del mark
        return (f"folder {self._home}",) if self._home.exists() else ()

    def sweep(self, mark: Mark) -> None:
        """End the copied server and remove the folder."""
        del mark
        if not self._home.exists():
            return
        for state in self._states.values():
            state.close()
        self._states.clear()
        self._cluster().destroy()
        shutil.rmtree(self._home)

    def _cluster(self) -> Cluster:
        live = self._practice.cluster
        return Cluster(self._home, live.major, live.superuser, live.durable)

    def _observer(self) -> Observer:
        project = ComposeProject("copy", self._home, (), self._home / "none")
        return Observer(project, self._state(), self._cluster())

    def _access(self) -> PracticePostgresAccess:
        password = self._practice.state.setting("postgres")["password"]
        return PracticePostgresAccess(self._cluster(), self._observer(), password)

    def _state(self) -> State:
        """Of the copy; in each process its own."""
        if os.getpid() not in self._states:
            self._home.mkdir(mode=0o755, exist_ok=True)
            place = self._home / _STATE
            if not place.exists():
                self._begin(place)
            self._states[os.getpid()] = State(place)
        return self._states[os.getpid()]

    def _begin(self, place: Path) -> None:
        """The live host's images, settings and failures; it gets its name once it is whole."""
        making = place.with_suffix(f".{os.getpid()}")
        making.unlink(missing_ok=True)
        state = State(making)
        self._practice.state.copy_to(state)
        with state.transaction() as db:
            for table in _LIVE_ROWS:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - this module's own names
        state.close()
        making.rename(place)

"""A real PostgreSQL server of the practice host's own: made, started, stopped, found again from any process."""

import contextlib
import fcntl
import functools
import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from avnwizard.errors import HostError
from avnwizard.practice.postgres_binaries import binaries, run_as, server_account

PORT = 5432
"""Names the socket only; the server listens on no network address."""
_LONGEST_SOCKET = 100
"""sockaddr_un holds 108 bytes on Linux, 104 elsewhere."""
_START_TIMEOUT_S = 60
_START_ATTEMPTS = 20
_START_PAUSE_S = 0.25
_SETTINGS = "practice.conf"


@dataclass(frozen=True)
class Cluster:
    """One data directory and its server.

    Attributes:
        home: a folder of the practice host's; locks and the server's log are kept there.
        major: PostgreSQL's major version: 16 or 18, which is what the wheel has.
        superuser: the role that `initdb` makes.
        durable: whether the server waits for the disk. A killed process loses nothing either way, only a
            machine that loses power does.
    """

    home: Path
    major: int
    superuser: str
    durable: bool = True

    @functools.cached_property
    def data(self) -> Path:
        """PGDATA: in `home` if the server's account can get there, else in the system's temporary folder."""
        inside = self.home / "postgres"
        return inside if inside.exists() or _reachable(self.home) else self.outside / "data"

    @functools.cached_property
    def outside(self) -> Path:
        """A folder of this cluster's own in the temporary folder: short enough for a socket, reachable by anyone."""
        name = f"avnwizard-{hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:12]}"
        base = Path(tempfile.gettempdir())
        if len(str(base / name / f".s.PGSQL.{PORT}")) > _LONGEST_SOCKET:
            base = Path("/tmp")  # noqa: S108 - the folder made below is private and its owner checked
        return base / name

    @property
    def socket(self) -> Path:
        """The folder of the server's socket, private to the server's account (and to root)."""
        return self.outside

    def create(self, password: str) -> None:
        """`initdb`: an empty cluster whose superuser has this password."""
        programs = binaries(self.major)
        account = server_account()
        data = self.data
        self._make_outside()
        if account and data.parent == self.home:
            data.mkdir(mode=0o700)
            os.chown(data, account.uid, account.gid)
        handed = self.outside / f"password-{secrets.token_hex(8)}"
        try:
            with os.fdopen(
                os.open(handed, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8"
            ) as file:
                file.write(password)
            if account:
                os.chown(handed, account.uid, account.gid)
            self._run(
                str(programs / "initdb"), f"--pgdata={data}", f"--username={self.superuser}", f"--pwfile={handed}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync", "--wal-segsize=4",
                *(() if self.durable else ("--set=scram_iterations=1",)),
            )  # fmt: skip
        finally:
            handed.unlink(missing_ok=True)
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"include '{_SETTINGS}'\n")

    def make_room(self) -> None:
        """Make the folders that the data directory and the socket will be in."""
        self._make_outside()

    def adopt(self, data: Path) -> None:
        """Take a copy of another cluster's data directory, whose server is stopped, as this one's own."""
        self._make_outside()
        subprocess.run(["cp", "-a", str(data), str(self.data)], check=True, capture_output=True)

    def start(self) -> None:
        """Start the server and wait until it takes connections; nothing to do when it runs."""
        with self._locked():
            if self.is_running():
                return
            self._make_outside()
            self._configure()
            for attempt in range(_START_ATTEMPTS):
                try:
                    self._control(
                        "start", "--wait", f"--timeout={_START_TIMEOUT_S}", f"--log={self.data / 'server.log'}"
                    )
                except HostError:
                    # The children of a killed server hold its lock file and memory until they notice.
                    if attempt + 1 == _START_ATTEMPTS:
                        raise
                    time.sleep(_START_PAUSE_S)
                else:
                    return

    def ensure_running(self) -> None:
        """As `start`, and cheap when it runs already."""
        if not self.is_running():
            self.start()

    def stop(self) -> None:
        """Shut down cleanly, ending the connections; nothing to do when it does not run."""
        with self._locked():
            if not self.postmaster():
                return
            self._control("stop", "--wait", "--mode=fast")

    def destroy(self) -> None:
        """Stop at once, and remove the data directory and the socket's folder."""
        if self.is_running():
            self._control("stop", "--wait", "--mode=immediate")
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.outside, ignore_errors=True)

    def is_running(self) -> bool:
        """Whether something takes connections on the socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(self.socket / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
        return self.postmaster() is not None

    def postmaster(self) -> int | None:
        """The server's process id as its own lock file says, None when there is no such file."""
        try:
            first = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]
            return int(first)
        except (OSError, IndexError, ValueError):
            return None

    def _configure(self) -> None:
        """Write the settings again at every start: a copied data directory has another socket folder."""
        wait = "on" if self.durable else "off"
        (self.data / _SETTINGS).write_text(
            f"listen_addresses = ''\nport = {PORT}\nunix_socket_directories = '{self.socket}'\n"
            f"fsync = {wait}\nsynchronous_commit = {wait}\nfull_page_writes = {wait}\n"
            f"{'' if self.durable else 'scram_iterations = 1'}\n"
            "shared_buffers = '32MB'\nmin_wal_size = '8MB'\nmax_wal_size = '256MB'\nmax_connections = 60\n"
            "timezone = 'UTC'\nlog_timezone = 'UTC'\n",
            encoding="utf-8",
        )
        (self.data / _SETTINGS).chmod(0o644)

    def _make_outside(self) -> None:
        account = server_account()
        owner = account.uid if account else os.geteuid()
        try:
            self.outside.mkdir(mode=0o700)
            if account:
                os.chown(self.outside, account.uid, account.gid)
        except FileExistsError:
            found = self.outside.lstat()
            if found.st_uid != owner or not self.outside.is_dir() or self.outside.is_symlink():
                raise HostError(
                    f"{self.outside} belongs to somebody else", "Remove it, or set TMPDIR to another folder."
                ) from None

    def _control(self, *arguments: str) -> None:
        self._run(str(binaries(self.major) / "pg_ctl"), *arguments, f"--pgdata={self.data}")

    def _run(self, *command: str) -> None:
        done = run_as(server_account(), command)
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise HostError(
                f"the practice PostgreSQL: {Path(command[0]).name} failed: {said[-1] if said else done.returncode}",
                f"Read {self.data / 'server.log'}, or make a new practice stack.",
            )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.home / "postgres.lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _reachable(folder: Path) -> bool:
    """Whether the server's account may pass through to `folder`."""
    account = server_account()
    return account is None or run_as(account, ["test", "-x", str(folder)]).returncode == 0

"""The pipes that a shell in the server's container offers, taken from here without the engine's streams in between.

What a `docker exec` prints passes containerd's shim, the engine and the docker CLI, each of which copies it in small
blocks: together that costs as much CPU as the server's own work on a dump (tests/bench/snapshot.py, 1 GB, two cores).
Root on the engine's own host may open the pipes itself, as /proc shows them: then only the kernel is in between.
Anybody else, or a remote engine, gets the stream as ever.
"""

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from threading import Event

from avnwizard.adapters.descriptors import readable, writable
from avnwizard.adapters.running import Running
from avnwizard.domain.postgres import piped_dump

_PROC = Path("/proc")
_WIDE = 1 << 20
"""Linux's default `fs.pipe-max-size`."""
_LOOK_S = 0.05
_PATIENCE_S = 1.0
_AWAY = b"no\n"


@dataclass(frozen=True)
class Pipes:
    """The shell's, opened once more.

    Attributes:
        dump: what pg_dump writes, to be read; blocking.
        check: what pg_restore reads, to be written.
        left: set once nothing more shall be written.
    """

    dump: FileIO
    check: FileIO
    left: Event = field(default_factory=Event)

    def to_check(self, block: bytes, child: Running) -> None:
        """Write to pg_restore; one that reads no more is judged by how it ends, a child that was ended anyway."""
        left = memoryview(block)
        with contextlib.suppress(OSError):
            while left and not child.late and not self.left.is_set():
                if writable(self.check.fileno(), _PATIENCE_S):
                    left = left[self.check.write(left) or 0 :]


def name_to_find() -> str:
    """What to call the shell that offers; "" where this user may not open another's pipe."""
    return f"avnwizard-{secrets.token_hex(8)}" if os.geteuid() == 0 else ""


@contextlib.contextmanager
def taken(child: Running, name: str, told: Event) -> Iterator[Pipes | None]:
    """The pipes that the shell of that name offers, once `told` is set; None where the dump comes on stdout.

    The child must have been started with `feed`.
    """
    while not told.wait(_LOOK_S):
        if readable(child.stdout.fileno()):  # it ended without an offer
            yield None
            return
    pipes = _opened(name)
    try:
        child.feed(iter((_AWAY if pipes is None else f"{piped_dump.DUMP_TAKEN}\n".encode(),)))
        yield pipes
    finally:
        if pipes is not None:
            pipes.dump.close()
            pipes.check.close()


def _opened(name: str) -> Pipes | None:
    """Both pipes; None where the shell is not to be seen from here, or not to be looked into."""
    for place in _PROC.iterdir():
        with contextlib.suppress(OSError):
            if place.name.isdigit() and _is_shell(place, name):
                return _pipes(place / "fd")
    return None


def _is_shell(place: Path, name: str) -> bool:
    """Whether it is a process of that shell: the docker CLI has the name among its words too, but elsewhere.

    Only one that has the pipes is asked for its words: that can take for ever where a process hangs in a file system.
    """
    for number in (piped_dump.DUMP_OFFERED, piped_dump.CHECK_OFFERED):
        if not str((place / "fd" / str(number)).readlink()).startswith("pipe:"):
            return False
    return (place / "cmdline").read_bytes().split(b"\0")[3:4] == [name.encode()]


def _pipes(links: Path) -> Pipes:
    dump = _pipe(links / str(piped_dump.DUMP_OFFERED), os.O_RDONLY)
    try:
        check = _pipe(links / str(piped_dump.CHECK_OFFERED), os.O_WRONLY)
    except OSError:
        dump.close()
        raise
    os.set_blocking(dump.fileno(), True)
    return Pipes(dump, check)


def _pipe(link: Path, way: int) -> FileIO:
    """An end of its own, not blocking; `OSError` where it is anything else than a pipe."""
    found = os.open(link, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISFIFO(os.fstat(found).st_mode):
            raise OSError
        pipe = os.open(f"/proc/self/fd/{found}", way | os.O_NONBLOCK | os.O_CLOEXEC)
    finally:
        os.close(found)
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _WIDE)
    return FileIO(pipe, "r" if way == os.O_RDONLY else "w")

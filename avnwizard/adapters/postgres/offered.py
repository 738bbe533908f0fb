"""A pipe that a shell in the server's container offers, taken from here without the engine's streams in between.

What a `docker exec` prints passes containerd's shim, the engine and the docker CLI, each of which copies it in small
blocks: together that costs as much CPU as the server's own work on a dump (tests/bench/snapshot.py, 1 GB, two cores).
Root on the engine's own host may open the pipe itself, as /proc shows it, and nothing but the kernel is in between.
Anybody else, or a remote engine, gets the stream as ever.
"""

import contextlib
import fcntl
import os
import secrets
import select
import stat
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from avnwizard.adapters.child import Child
from avnwizard.domain import commands

_PROC = Path("/proc")
_WIDE = 1 << 20
"""Linux's default `fs.pipe-max-size`."""
_LOOK_S = 0.05
_AWAY = b"no\n"


def name_to_find() -> str:
    """What to call the shell that offers; "" where this user may not open another's pipe."""
    return f"avnwizard-{secrets.token_hex(8)}" if os.geteuid() == 0 else ""


@contextlib.contextmanager
def taken(child: Child, name: str, told: Event) -> Iterator[int | None]:
    """The pipe that the shell of that name offers, once `told` is set; None where it is the child's stdout after all.

    The child must have been started with `feed`.
    """
    while not told.wait(_LOOK_S):
        if select.select([child.stdout], [], [], 0)[0]:  # it ended without an offer
            yield None
            return
    pipe = _opened(name)
    try:
        child.feed(iter((_AWAY if pipe is None else f"{commands.DUMP_TAKEN}\n".encode(),)))
        yield pipe
    finally:
        if pipe is not None:
            os.close(pipe)


def _opened(name: str) -> int | None:
    """The pipe, blocking; None where the shell is not to be seen from here, or not to be looked into."""
    for place in _PROC.iterdir():
        with contextlib.suppress(OSError):
            if place.name.isdigit() and _is_shell(place, name):
                return _pipe(place / "fd" / str(commands.DUMP_OFFERED))
    return None


def _is_shell(place: Path, name: str) -> bool:
    """Whether it is a process of that shell: the docker CLI has the name among its words too, but elsewhere."""
    words = (place / "cmdline").read_bytes().split(b"\0")
    return words[3:4] == [name.encode()] and (place / "fd" / str(commands.DUMP_OFFERED)).is_symlink()


def _pipe(link: Path) -> int:
    """A reading end of its own; `OSError` where it is anything else than a pipe."""
    found = os.open(link, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISFIFO(os.fstat(found).st_mode):
            raise OSError
        pipe = os.open(f"/proc/self/fd/{found}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    finally:
        os.close(found)
    os.set_blocking(pipe, True)
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _WIDE)
    return pipe

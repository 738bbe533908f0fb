"""A dump that pg_restore reads to its end while it is taken, so that a dump nobody can read is never kept.

Where the server's pipes can be taken (`proc_pipes`), pg_restore reads what the disk gives back, and nothing but that.
Else pg_dump, pg_restore and sha256sum stand side by side in the server's container, fed by one `tee`: a second stream
that leads the dump back from here costs a quarter more CPU. That the file holds what pg_restore read is then known by
its sum: of what `tee` gave, and of what the disk gives back.
"""

import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path

from avnwizard.adapters.child import Tail
from avnwizard.adapters.durable import Sink, appearing
from avnwizard.adapters.files import refusal
from avnwizard.adapters.postgres import proc_pipes
from avnwizard.adapters.postgres.archive import NOT_TAKEN, NOT_WHOLE, pour, without_noise
from avnwizard.adapters.postgres.tools import started
from avnwizard.adapters.process_errors import LINE_BYTES, fail
from avnwizard.adapters.running import Running
from avnwizard.domain import commands
from avnwizard.domain.postgres import piped_dump
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.errors import HostError
from avnwizard.ports import PostgresAccess, Progress

_NO_SUCH_PROGRAM = {126, 127}
"""What `docker exec` and a shell end with where there is no such program (POSIX; Docker 20.10 to 28)."""
_BROKEN_PIPE = {128 + 13}
_LOST = "Something between the server's container and this host loses data: look at `dmesg` and at Docker's log."
_BEGINS = piped_dump.DUMP_TOLD.encode()


class NoToolsError(Exception):
    """The container has no `sh`, `tee` or `sha256sum`."""


def dump_read_back(access: PostgresAccess, dump: commands.Argv, to: Path, progress: Progress) -> FileFacts:
    """`pg_dump` into a new 0600 file: fsynced, read to its end by pg_restore, the disk's sum the same as then.

    Raises:
        HostError: it failed, cannot be read, or is not what was read; no file is left.
        NoToolsError: the container lacks a tool; no file is left.
    """
    told, name = _Told(), proc_pipes.name_to_find()
    argv = piped_dump.pg_dump_read_back(dump, name=name)
    try:
        with appearing(to) as sink, started(access, argv, tail=told, feed=bool(name), hint=NOT_TAKEN) as child:
            with proc_pipes.taken(child, name, told.offer) if name else contextlib.nullcontext() as pipes:
                _lead(child, sink, pipes, progress)
            read = _judged(dump, child, told, by_tee=pipes is None)
            if read not in {"", sink.written().sha256}:
                raise HostError(f"{to.name} does not hold what pg_restore read of the dump.", _LOST)
            return sink.written()
    except OSError as error:
        raise refusal("write the dump", to, error) from error


def _lead(child: Running, sink: Sink, pipes: proc_pipes.Pipes | None, progress: Progress) -> None:
    """The dump into the file; where the pipes were taken, what the disk gives back of it to pg_restore."""
    if pipes is None:
        pour(child, sink, progress)
        return
    sink.echo(lambda block: pipes.to_check(block, child))
    try:
        pour(child, sink, progress, pipe=pipes.dump.fileno())
        sink.read_again()
    except BaseException:
        pipes.left.set()
        sink.break_off()  # the pipes are closed next: their numbers are soon somebody else's
        raise


class _Told(Tail):
    """Sorts what comes on stderr: that pipes are offered, how each part ended, and all else."""

    def __init__(self) -> None:
        super().__init__()
        self._begun, self._ends, self.offer = b"", list[list[str]](), threading.Event()

    def __call__(self, block: bytes) -> None:
        """Take one block."""
        *lines, self._begun = (self._begun + block).split(b"\n")
        for line in lines:
            if line.startswith(_BEGINS):
                self._ends.append(words := line.decode("ascii", "replace").split()[1:])
                if words[:1] == ["pipes"]:
                    self.offer.set()
            elif line.strip():
                super().__call__(line + b"\n")
        if len(self._begun) > LINE_BYTES:
            super().__call__(self._begun)
            self._begun = b""

    def codes(self, part: str) -> set[int]:
        """How a part ended; several only where its own words imitate ours."""
        return {int(words[1]) for words in self._ends if words[:1] == [part] and words[1:] and words[1].isdigit()}

    def sums(self) -> set[str]:
        """What sha256sum printed; "" where it printed nothing."""
        return {words[1] if words[1:] else "" for words in self._ends if words[:1] == ["sum"]}


def _judged(dump: Sequence[str], child: Running, told: _Told, *, by_tee: bool) -> str:
    """The sum of what pg_restore read, once all parts succeeded; "" where it was not for `tee` to give it that."""
    code = child.wait()
    said = without_noise(told.complaint.splitlines())
    parts = ("pg_dump", "tee", "pg_restore") if by_tee else ("pg_dump", "pg_restore")
    ends = {part: told.codes(part) for part in parts}
    if code in _NO_SUCH_PROGRAM or (by_tee and (ends["tee"] & _NO_SUCH_PROGRAM or told.sums() == {""})):
        raise NoToolsError
    for part, argv, hint in (
        ("pg_dump", dump, NOT_TAKEN),
        ("tee", ("tee",), NOT_TAKEN),
        ("pg_restore", commands.pg_read_back(), NOT_WHOLE),
    ):
        if bad := ends.get(part, set()) - {0, *(() if part == "pg_restore" else _BROKEN_PIPE)}:
            fail(argv, min(bad), said, hint)
    if code or any(found != {0} for found in ends.values()) or (by_tee and len(told.sums()) != 1):
        fail(dump, code or max(_BROKEN_PIPE), said or "its exit code is not known", NOT_TAKEN)
    return told.sums().pop() if by_tee else ""

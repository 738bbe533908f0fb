"""A command in a container, started and followed over the engine's socket: what `docker exec` does, with no process.

Engine API (1.24 and later): POST /containers/{id}/exec, POST /exec/{id}/start, GET /exec/{id}/json. The stream that
`start` turns its connection into is "Stream format" of POST /containers/{id}/attach: frames of a head of 8 bytes
(1 stdout, 2 stderr, 3 the engine's own words; the length in the last four) and their payload; stdin goes the other
way as it is.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from avnwizard.adapters.descriptors import writable
from avnwizard.adapters.docker import exec_api
from avnwizard.adapters.running import Running

_HEAD_BYTES = 8
_STDERR = 2
_BLOCK = 1 << 18
_LOST = 125
"""`docker exec` ends so where the engine itself fails."""
_PATIENCE_S = 1.0
_ANSWER_S = 5.0
_SETTLE_S = 60.0
"""A loaded engine may learn late of an end: a good dump shall not fail for that."""
_LOOK_S = 0.02


class Execution(Running):
    """A command in a container; use `executed` to start one.

    Args:
        engine_socket: the engine's.
        exec_id: what the engine calls it.
        stream: the connection that `start` has taken over.
    """

    def __init__(
        self,
        engine_socket: Path,
        exec_id: str,
        stream: socket.socket,
        argv: Sequence[str],
        *,
        timeout_s: float,
        hint: str = "",
    ) -> None:
        self._engine_socket, self._id, self._stream = engine_socket, exec_id, stream
        self._code, self._left = _LOST, False
        self._ends = [os.pipe(), os.pipe()]
        self._stdout, self._stderr = (os.fdopen(reading, "rb", buffering=0) for reading, _ in self._ends)
        for _, writing in self._ends:
            os.set_blocking(writing, False)  # who gives up reading must not wait for who writes
        self._sorter = threading.Thread(target=self._sort, daemon=True)
        self._sorter.start()
        super().__init__(argv, timeout_s=timeout_s, hint=hint)

    @property
    def stdout(self) -> IO[bytes]:
        """The command's standard output."""
        return self._stdout

    @property
    def stderr(self) -> IO[bytes]:
        """The command's standard error, and the engine's own complaints."""
        return self._stderr

    def feed(self, blocks: Iterator[bytes]) -> None:
        """Write to stdin and close it."""
        with contextlib.suppress(ConnectionError):
            for block in blocks:
                self._stream.sendall(block)
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_WR)

    def _ended(self) -> int:
        self._sorter.join()
        return self._code

    def _end(self) -> None:
        """Leave the stream: as with an ended docker CLI, the command in the container sees its stdin closed."""
        self._left = True
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        """Who writes to the pipes ends before they are closed, who reads them too: `Running` has waited for those."""
        self._end()
        self._sorter.join()
        for pipe in (self._stdout, self._stderr):
            pipe.close()
        self._stream.close()

    def _sort(self) -> None:
        """Read the engine's frames, each into its pipe, until the stream or who reads the pipe has ended."""
        (_, out), (_, err) = self._ends
        try:
            whole = False
            with contextlib.suppress(OSError):
                whole = self._sorted(out, err)
            with contextlib.suppress(OSError):  # nobody reads any more what is still to be said to it
                self._stream.shutdown(socket.SHUT_RDWR)
            code = None if self._left else self._asked()
            with contextlib.suppress(OSError):
                if code is None:
                    os.write(err, b"the engine does not tell how it ended\n")
                elif not whole:
                    os.write(err, b"the engine broke off what it printed\n")
            self._code = _LOST if code is None or (code == 0 and not whole) else code
        finally:
            os.close(out)
            os.close(err)

    def _asked(self) -> int | None:
        """The exit code; None where the engine does not tell. For a moment after the stream's end it may not know."""
        began = time.monotonic()
        while (code := exec_api.code_of(self._engine_socket, self._id)) in {None, exec_api.RUNS}:
            patience_s = _ANSWER_S if code is None else _SETTLE_S
            if self._left or time.monotonic() - began > patience_s:
                return None
            time.sleep(_LOOK_S)
        return code

    def _sorted(self, out: int, err: int) -> bool:
        """Whether the stream ended where a frame does, and the engine did not complain in it."""
        while len(head := self._exactly(_HEAD_BYTES)) == _HEAD_BYTES:
            left = int.from_bytes(head[4:], "big")
            while left:
                if not (block := self._received(min(left, _BLOCK))):
                    return False
                left -= len(block)
                self._pass_on(err if head[0] >= _STDERR else out, block)
            if head[0] > _STDERR:
                return False
        return not head

    def _pass_on(self, pipe: int, block: bytes) -> None:
        view = memoryview(block)
        while view and not self._left:
            try:
                view = view[os.write(pipe, view) :]
            except BlockingIOError:
                writable(pipe, _PATIENCE_S)

    def _exactly(self, count: int) -> bytes:
        """So many bytes; less where the stream ends before."""
        found = b""
        while len(found) < count and (block := self._received(count - len(found))):
            found += block
        return found

    def _received(self, most: int) -> bytes:
        """What comes next; b"" at the end, as also where the engine left something unread of what was sent to it."""
        try:
            return b"" if self._left else self._stream.recv(most)
        except ConnectionError:
            return b""


def executed(
    engine_socket: Path,
    container: str,
    tool: Sequence[str],
    *,
    variables: Mapping[str, str],
    feed: bool,
    timeout_s: float,
    hint: str = "",
) -> Execution | None:
    """Start a command in a container; None where the engine does not, and the CLI's errors will say why.

    Args:
        variables: the command's environment, on top of the container's.
        feed: whether it has a stdin, for `feed()`.
    """
    wanted = {
        "AttachStdin": feed,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        "Env": [f"{name}={value}" for name, value in variables.items()],
        "Cmd": list(tool),
    }
    if not (exec_id := exec_api.create(engine_socket, container, wanted)):
        return None
    if not (stream := exec_api.start(engine_socket, exec_id)):
        return None
    return Execution(engine_socket, exec_id, stream, tool, timeout_s=timeout_s, hint=hint)

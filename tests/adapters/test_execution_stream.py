"""What comes of an engine's stream that breaks off, and of who stops listening: a stand-in on a socket plays it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avnwizard.adapters.child import Tap
from avnwizard.adapters.docker.execution import Execution, executed
from avnwizard.adapters.durable import appearing
from avnwizard.adapters.postgres import archive
from avnwizard.errors import HostError

_Play = Callable[[socket.socket], None]
_OUT, _ERR, _ENGINE = 1, 2, 3
_LIMIT = 1 << 26


def _frame(kind: int, payload: bytes) -> bytes:
    return bytes((kind, 0, 0, 0)) + len(payload).to_bytes(4, "big") + payload


class _Engine:
    """Starts one command: `play` is what its stream does, `code` how the command ended; None: it still runs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.play: _Play = lambda _: None
        self.code: int | None = 0
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Nobody is there any more."""
        self.path.unlink()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            asked = connection.makefile("rb")
            line, length = asked.readline(), 0
            while (head := asked.readline().lower().strip()) != b"":
                length = int(head.partition(b":")[2]) if head.startswith(b"content-length:") else length
            asked.read(length)
            if b"/start" in line:
                connection.sendall(b"HTTP/1.1 101 UPGRADED\r\n\r\n")
                self.play(connection)
                return
            made = line.startswith(b"POST")
            found = {"Id": "e"} if made else {"Running": self.code is None, "ExitCode": self.code}
            body = json.dumps(found).encode()
            status = f"HTTP/1.1 {201 if made else 200} OK\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(status.encode() + body)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[_Engine]:
    """A stand-in on a socket of its own."""
    made = _Engine(tmp_path / "s")
    yield made
    made.close()


def _start(engine: _Engine) -> Execution:
    made = executed(engine.path, "c", ("tool",), variables={}, feed=True, timeout_s=60.0)
    assert made
    return made


def _run(engine: _Engine) -> tuple[int, bytes, bytes]:
    out, err = Tap(_LIMIT), Tap(_LIMIT)
    with _start(engine) as running:
        running.listen(running.stdout, out)
        running.listen(running.stderr, err)
        code = running.wait()
    return code, out.data(), err.data()


def test_a_whole_stream(engine: _Engine) -> None:
    """Frames in pieces, and empty ones; the command's own code."""
    engine.code = 7

    def play(stream: socket.socket) -> None:
        for byte in _frame(_OUT, b"one") + _frame(_ERR, b"") + _frame(_ERR, b"two"):
            stream.sendall(bytes((byte,)))

    engine.play = play
    assert _run(engine) == (7, b"one", b"two")


@pytest.mark.parametrize("cut", [3, 8, 12])
def test_a_stream_that_breaks_off(engine: _Engine, cut: int) -> None:
    """Within a frame: what came is not all, though the engine says that the command ended well."""
    engine.play = lambda stream: stream.sendall(_frame(_OUT, b"one") + _frame(_OUT, b"and two")[:cut])
    code, out, err = _run(engine)
    assert code == 125
    assert out == b"one" + b"and two"[: max(cut - 8, 0)]
    assert b"broke off" in err


def test_what_the_engine_itself_complains_about(engine: _Engine) -> None:
    """It is no output of the command."""
    engine.play = lambda stream: stream.sendall(_frame(_OUT, b"one") + _frame(_ENGINE, b"no more"))
    code, out, err = _run(engine)
    assert (code, out) == (125, b"one")
    assert err.startswith(b"no more")


def test_an_input_that_is_not_read(engine: _Engine) -> None:
    """The engine leaves some of it unread: an end like any other, since the command's code is told."""
    engine.play = lambda stream: stream.sendall(_frame(_OUT, b"one"))
    out = Tap(_LIMIT)
    with _start(engine) as running:
        running.listen(running.stdout, out)
        running.feed(iter([b"x" * 100_000] * 50))
        assert running.wait() == 0
    assert out.data() == b"one"


def test_who_gives_up_waits_for_nobody(engine: _Engine) -> None:
    """Much is still to be said that nobody reads, and the command goes on: no thread is left waiting."""
    engine.code = None
    over = threading.Event()

    def play(stream: socket.socket) -> None:
        try:
            while True:
                stream.sendall(_frame(_OUT, b"y" * 50_000))
        except OSError:
            over.set()

    engine.play = play
    with _start(engine) as running:
        running.listen(running.stderr, lambda _: None)
        running.stdout.read(1)
    assert over.wait(10.0)
    assert running.stdout.closed
    assert not running._sorter.is_alive()
    assert not running._alarm.is_alive()


def test_a_pipe_is_not_closed_under_its_reader(engine: _Engine) -> None:
    """Its number may be another file's by then."""
    reading, under = threading.Event(), list[bool]()

    def play(stream: socket.socket) -> None:
        stream.sendall(_frame(_ERR, b"one"))
        stream.recv(1)

    def slow(_: bytes) -> None:
        reading.set()
        threading.Event().wait(0.3)
        under.append(running.stderr.closed)

    engine.play = play
    with _start(engine) as running:
        running.listen(running.stderr, slow)
        assert reading.wait(10.0)
    assert under
    assert not any(under)


def test_a_stuck_engine_can_be_left(engine: _Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It sends nothing more and ends nothing: whoever breaks the dump off is heard all the same."""
    monkeypatch.setattr(archive, "_PATIENCE_S", 0.01)
    engine.code, told = None, list[int]()

    def play(stream: socket.socket) -> None:
        stream.sendall(_frame(_OUT, b"one"))
        stream.recv(1)

    def go_on(done: int, _total: int | None) -> None:
        told.append(done)
        if len(told) > 1:  # the first is of the block that came
            raise HostError("It was broken off.", "")

    engine.play = play
    with pytest.raises(HostError, match="broken off"), appearing(tmp_path / "x") as sink, _start(engine) as running:
        archive.pour(running, sink, go_on)
    assert sink.size_bytes == 3
    assert not (tmp_path / "x").exists()

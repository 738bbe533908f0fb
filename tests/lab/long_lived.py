"""Clients whose connections last: one that reads an answer to its end, one that talks on an upgraded connection."""

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

_REST_S = 0.1
_TIMEOUT_S = 60.0


@dataclass(slots=True)
class Reader:
    """An answer that takes its time.

    Attributes:
        body: all of it, once it has come whole.
        begun: it has begun to come.
        broken: what went wrong instead.
    """

    body: bytes = b""
    begun: threading.Event = field(default_factory=threading.Event)
    broken: str = ""


@contextlib.contextmanager
def reading(port: int, host: str, path: str) -> Iterator[Reader]:
    """Ask, and read while in the block; leaving it waits for the end of the answer."""
    reader = Reader()

    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
        try:
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            reader.begun.set()
            reader.body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            reader.broken = type(error).__name__
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield reader
    thread.join(_TIMEOUT_S)


@dataclass(slots=True)
class Talker:
    """An upgraded connection.

    Attributes:
        echoed: how many of its words came back.
        ended: the other side has ended it.
    """

    echoed: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def talking(port: int, host: str) -> Iterator[Talker]:
    """Upgrade at `/socket`, and say a word ten times a second until the connection ends, or the block."""
    talker, left = Talker(), threading.Event()
    head = f"GET /socket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    def run() -> None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(head.encode())
            heard = connection.makefile("rb")
            while heard.readline().strip():
                pass
            while not left.wait(_REST_S):
                connection.sendall(b"word\n")
                if heard.readline() != b"word\n":
                    break
                talker.echoed += 1
        talker.ended.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield talker
    left.set()
    thread.join(20)

"""The benches' load: what it counts as lost has to be lost to a client that keeps connections as clients do."""

import asyncio
import contextlib
import time
from collections import defaultdict

from tests.bench.load import IdleConnection, Load, run_for

_ANSWER = b'{"service": "web"}'


async def _server(*, closes_after_s: float, cuts: bool = False) -> asyncio.Server:
    """Answers, and closes a connection that was idle for some time without a word, as HAProxy does."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, TimeoutError, ConnectionError):
            while True:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), closes_after_s)
                length = next(
                    int(line.partition(b":")[2]) for line in head.splitlines() if line.startswith(b"Content-Length")
                )
                await reader.readexactly(length)
                told = len(_ANSWER) + (10 if cuts else 0)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % told + _ANSWER)
                if cuts:
                    break
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


def _asked(*, closes_after_s: float, cuts: bool = False, rate: float = 20.0) -> dict[str, int]:
    async def both() -> dict[str, int]:
        async with await _server(closes_after_s=closes_after_s, cuts=cuts) as server:
            port = server.sockets[0].getsockname()[1]
            seen = await run_for(port, rate, [("localhost", "/web", "web")], 0.6)
            kinds: dict[str, int] = seen["kinds"]
            return kinds

    return asyncio.run(both())


def test_a_connection_that_was_closed_while_idle_is_not_used_again() -> None:
    """A connection that the server closed between two requests is let go; one that it kept open is used again."""

    async def kept(*, closed: bool) -> bool:
        async with await _server(closes_after_s=5.0) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
            if closed:
                reader.feed_eof()
            idle = IdleConnection(reader, writer, time.monotonic())
            load = Load(0, 1.0, [], idle=defaultdict(list, web=[idle]))
            found = load.kept("web")
            assert writer.is_closing() is closed
            writer.close()
            return found is not None

    assert asyncio.run(kept(closed=False))
    assert not asyncio.run(kept(closed=True))


def test_an_answer_that_is_cut_is_lost() -> None:
    """An answer that ends before its length counts, and is not taken for a closed connection."""
    assert set(_asked(closes_after_s=5.0, cuts=True)) == {"web cut"}

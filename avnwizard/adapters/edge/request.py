"""One GET through the edge, on a connection of its own or on a kept one, read to its end.

Written by hand: of the standard library, `urllib` and `http.client` block a thread each and spend most of their time
on a header parser made for mail; nothing that the wizard depends on speaks asynchronous HTTP. A probe needs little: a
status, headers, the beginning of a body, and to know whether the answer was whole.
"""

import asyncio
import functools
import ssl
from urllib.parse import quote

from avnwizard.adapters.edge.connection_pool import Connection, KeptConnections
from avnwizard.domain.probing import Answer, Outcome, Route

TIMEOUT_S = 5.0
_KEPT_BYTES = 4096
_MOST_BYTES = 262_144
"""Of a longer answer, its end is not waited for."""
_LIMIT = 65_536
_FINAL = 200


class _StaleError(Exception):
    """A kept connection ended before a byte of the answer came: the edge had closed it."""


async def get(route: Route, *, kept: KeptConnections | None = None, timeout_s: float = TIMEOUT_S) -> Outcome:
    """Ask; whatever goes wrong is an outcome.

    Args:
        kept: where connections by TLS are found and left; without it each request has its own.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _get(route, kept if route.tls else None)
    except TimeoutError:
        return "timeout"
    except ConnectionRefusedError:
        return "refused"
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
        return "reset"  # TLS that breaks off and answers that are no HTTP too


async def _get(route: Route, kept: KeptConnections | None) -> Answer:
    if kept and (found := kept.take(route)):
        try:
            return await _ask(route, found, kept)
        except _StaleError:
            pass
    tls, name = (_context(), route.host) if route.tls else (None, None)
    reader, writer = await asyncio.open_connection(
        route.address, route.port, limit=_LIMIT, ssl=tls, server_hostname=name
    )
    return await _ask(route, Connection(reader, writer), kept)


async def _ask(route: Route, connection: Connection, kept: KeptConnections | None) -> Answer:
    reader, whole = connection.reader, False
    try:
        connection.writer.write(_request(route, keep=kept is not None))
        status, headers = await _first_head(connection)
        while status < _FINAL:
            status, headers = _head(await reader.readuntil(b"\r\n\r\n"))
        body, whole = await _body(reader, status, headers)
        whole = whole and "close" not in headers.get("connection", "").lower()
        return Answer(status, headers, body)
    finally:
        if kept and whole:
            kept.give_back(route, connection)
        else:
            connection.close()


async def _first_head(connection: Connection) -> tuple[int, dict[str, str]]:
    try:
        return _head(await connection.reader.readuntil(b"\r\n\r\n"))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        if connection.uses and not getattr(error, "partial", b""):
            raise _StaleError from error
        raise


@functools.cache
def _context() -> ssl.SSLContext:
    """Certificates are not judged: the address is this host's own edge, and nothing secret is sent.

    So none of the system's certificates are read either, which would take longer than many requests.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _request(route: Route, *, keep: bool) -> bytes:
    path = quote(route.path, safe="/%:@!$&'()*+,;=~-._?")
    host = quote(route.host, safe=".-:[]")
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: avnwizard-probe\r\n"
        f"Accept: */*\r\nConnection: {'keep-alive' if keep else 'close'}\r\n\r\n"
    ).encode("ascii")


def _head(raw: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = raw.decode("latin-1").split("\r\n")
    version, status, *_ = first.split(" ", 2)
    if not version.startswith("HTTP/1."):
        raise ValueError(version)
    pairs = (line.partition(":") for line in lines if ":" in line)
    return int(status), {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, status: int, headers: dict[str, str]) -> tuple[bytes, bool]:
    """The beginning of the body, once all of it has come, and whether another answer may follow.

    EOFError when it breaks off.
    """
    if status in {204, 304}:
        return b"", True
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _chunks(reader)
    length = headers.get("content-length", "")
    if not length:
        return (await reader.read(_MOST_BYTES))[:_KEPT_BYTES], False
    body = await reader.readexactly(min(int(length), _MOST_BYTES))
    return body[:_KEPT_BYTES], int(length) <= _MOST_BYTES


async def _chunks(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    kept, seen = b"", 0
    while seen < _MOST_BYTES:
        size = int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)
        if not size:
            return kept, await reader.readuntil(b"\r\n") == b"\r\n"
        chunk = await reader.readexactly(size + 2) if size <= _MOST_BYTES else b""
        seen += size
        kept = (kept + chunk[:-2])[:_KEPT_BYTES]
    return kept, False

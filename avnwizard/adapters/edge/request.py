"""One GET through the edge on a connection of its own, read to its end.

Written by hand: of the standard library, `urllib` and `http.client` block a thread each and spend most of their time
on a header parser made for mail; nothing that the wizard depends on speaks asynchronous HTTP. A probe needs little: a
status, headers, the beginning of a body, and to know whether the answer was whole.
"""

import asyncio
import contextlib
import functools
import ssl
from urllib.parse import quote

from avnwizard.domain.probing import Answer, Outcome, Route

TIMEOUT_S = 5.0
_KEPT_BYTES = 4096
_MOST_BYTES = 262_144
"""Of a longer answer, its end is not waited for."""
_LIMIT = 65_536
_FINAL = 200


async def get(route: Route, *, timeout_s: float = TIMEOUT_S) -> Outcome:
    """Ask; whatever goes wrong is an outcome."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _get(route)
    except TimeoutError:
        return "timeout"
    except ConnectionRefusedError:
        return "refused"
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
        return "reset"  # TLS that breaks off and answers that are no HTTP too


async def _get(route: Route) -> Answer:
    tls, name = (_context(), route.host) if route.tls else (None, None)
    reader, writer = await asyncio.open_connection(
        route.address, route.port, limit=_LIMIT, ssl=tls, server_hostname=name
    )
    try:
        writer.write(_request(route))
        while True:
            status, headers = _head(await reader.readuntil(b"\r\n\r\n"))
            if status >= _FINAL:
                return Answer(status, headers, await _body(reader, status, headers))
    finally:
        writer.close()
        with contextlib.suppress(Exception):
            writer.transport.abort()


@functools.cache
def _context() -> ssl.SSLContext:
    """Certificates are not judged: the address is this host's own edge, and nothing secret is sent."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _request(route: Route) -> bytes:
    path = quote(route.path, safe="/%:@!$&'()*+,;=~-._?")
    host = quote(route.host, safe=".-:[]")
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: avnwizard-probe\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    ).encode("ascii")


def _head(raw: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = raw.decode("latin-1").split("\r\n")
    version, status, *_ = first.split(" ", 2)
    if not version.startswith("HTTP/1."):
        raise ValueError(version)
    pairs = (line.partition(":") for line in lines if ":" in line)
    return int(status), {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, status: int, headers: dict[str, str]) -> bytes:
    """The beginning of the body, once all of it has come; EOFError when it breaks off."""
    if status in {204, 304}:
        return b""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _chunks(reader)
    length = headers.get("content-length", "")
    if not length:
        return (await reader.read(_MOST_BYTES))[:_KEPT_BYTES]
    return (await reader.readexactly(min(int(length), _MOST_BYTES)))[:_KEPT_BYTES]


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    kept, seen = b"", 0
    while seen < _MOST_BYTES:
        size = int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)
        if not size:
            return kept
        chunk = await reader.readexactly(size + 2) if size <= _MOST_BYTES else b""
        seen += size
        kept = (kept + chunk[:-2])[:_KEPT_BYTES]
    return kept

"""The TCP connections inside a container, from the kernel itself: who still waits for an answer.

The socket diagnostics of Linux (sock_diag(7), linux/inet_diag.h, `struct tcp_info` of linux/tcp.h) tell, for each
connection, how long ago it last sent and last received. A server that sent last has answered; one that received last
owes an answer. /proc/net/tcp has neither, hence netlink. It takes root: a socket is opened inside the namespace.
"""

import ctypes
import ipaddress
import os
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x301
_DONE, _ERROR = 3, 2
_INFO = 2
"""INET_DIAG_INFO, the attribute that holds `struct tcp_info`."""
_CLONE_NEWNET = 0x40000000
_ESTABLISHED, _LISTEN = 1, 10
_HEADER = struct.Struct("=IHHII")
_QUESTION = struct.Struct("=BBBxI48x")
_MESSAGE = struct.Struct("=BBBBHH16s16sIIIIIIII")
_ATTRIBUTE = struct.Struct("=HH")
_LAST_SENT_AT, _LAST_RECEIVED_AT = 44, 52
"""Offsets in `struct tcp_info` of tcpi_last_data_sent and tcpi_last_data_recv, in milliseconds ago."""
_STREAM_LASTS_MS, _STREAM_RESTS_MS = 1000, 5000
"""An answer that has been sent for so long counts as a stream, until nothing has come for so long."""
_BUFFER_BYTES = 1 << 16
_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Link:
    """One socket: its local port, its state, its queues in bytes, and milliseconds since it sent and received.

    `peer` is the address at the other end, "" where it is not known.
    """

    port: int
    state: int
    unread: int
    unsent: int
    sent_ago_ms: int
    received_ago_ms: int
    peer: str = ""


def inbound(links: list[Link]) -> list[Link]:
    """The established ones that came in: their local port is one that the container listens on."""
    ports = {one.port for one in links if one.state == _LISTEN}
    return [one for one in links if one.state == _ESTABLISHED and one.port in ports]


def is_busy(link: Link, *, quiet_ms: int) -> bool:
    """Whether an answer is owed or still being sent, or bytes moved within the last `quiet_ms`.

    A stream between two events looks like a connection whose answer is complete, but for the time that it has taken.
    """
    moved = min(link.sent_ago_ms, link.received_ago_ms) < quiet_ms
    return bool(link.unread or link.unsent or _owes(link) or _streams(link) or moved)


def is_long(link: Link, *, quiet_ms: int) -> bool:
    """Whether an answer has been owed, or is being sent, for longer than `quiet_ms`: more than one quick call."""
    return (_owes(link) and link.received_ago_ms >= quiet_ms) or _streams(link)


def _owes(link: Link) -> bool:
    return link.received_ago_ms < link.sent_ago_ms


def _streams(link: Link) -> bool:
    lasted_ms = link.received_ago_ms - link.sent_ago_ms
    return lasted_ms >= _STREAM_LASTS_MS and link.sent_ago_ms < _STREAM_RESTS_MS


def links_of(pid: int) -> list[Link]:
    """Every TCP socket in the network namespace of a process.

    Raises:
        OSError: not root, or the process is gone.
    """
    with _diagnostics(pid) as netlink:
        return [link for family in (socket.AF_INET, socket.AF_INET6) for link in _ask(netlink, family)]


def _diagnostics(pid: int) -> socket.socket:
    """A netlink socket of that namespace: only the thread that opens it goes there, and it ends at once."""
    made: list[socket.socket] = []
    failed: list[OSError] = []

    def enter_and_open() -> None:
        try:
            namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET) != 0:
                    number = ctypes.get_errno()
                    raise OSError(number, os.strerror(number))
                made.append(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG))
            finally:
                os.close(namespace)
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=enter_and_open)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    made[0].settimeout(_TIMEOUT_S)
    return made[0]


def _ask(netlink: socket.socket, family: int) -> Iterator[Link]:
    states = 1 << _ESTABLISHED | 1 << _LISTEN
    body = _QUESTION.pack(family, socket.IPPROTO_TCP, 1 << (_INFO - 1), states)
    netlink.send(_HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0) + body)
    while True:
        data = netlink.recv(_BUFFER_BYTES)
        while data:
            length, kind, _, _, _ = _HEADER.unpack_from(data)
            if kind == _DONE:
                return
            if kind == _ERROR or length < _HEADER.size:
                raise OSError("the kernel gave no socket diagnostics")
            yield _link(data[_HEADER.size : length])
            data = data[(length + 3) & ~3 :]


def _link(message: bytes) -> Link:
    family, state, _, _, port, _, _, there, _, _, _, _, unread, unsent, _, _ = _MESSAGE.unpack_from(message)
    info = _info(message[_MESSAGE.size :])
    sent, received = (
        struct.unpack_from("=I", info, place)[0] if len(info) >= place + 4 else 0
        for place in (_LAST_SENT_AT, _LAST_RECEIVED_AT)
    )
    listening = state == _LISTEN
    return Link(
        socket.ntohs(port),
        state,
        0 if listening else unread,
        0 if listening else unsent,
        int(sent),
        int(received),
        _address(family, there),
    )


def _address(family: int, packed: bytes) -> str:
    """As Docker prints it; an IPv4 address stays one on a socket of both kinds."""
    if family == socket.AF_INET:
        return str(ipaddress.IPv4Address(packed[:4]))
    address = ipaddress.IPv6Address(packed)
    return str(address.ipv4_mapped or address)


def _info(attributes: bytes) -> bytes:
    while len(attributes) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(attributes)
        if kind == _INFO:
            return attributes[_ATTRIBUTE.size : length]
        if length < _ATTRIBUTE.size:
            break
        attributes = attributes[(length + 3) & ~3 :]
    return b""

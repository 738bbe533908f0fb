"""The connections of a container, from the kernel's own tables."""

import os
import socket
from collections.abc import Iterator

import pytest

from avnwizard.adapters.docker.connections import _counted, links_from_table
from avnwizard.adapters.docker.netns import Link, inbound, is_busy, links_of
from tests.waiting import until

_TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0700A8C0:1F90 0300A8C0:B2A0 01 00000000:00000010 00:00000000 00000000     0        0 2 1
   2: 0700A8C0:9C40 0900A8C0:1538 01 00000005:00000000 00:00000000 00000000     0        0 3 1
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000001000000:0FA0 00000000000000000000000000000000:0000 0A 00000000:00000000 00
"""


def test_the_table_without_root() -> None:
    """Ports, states and queues; what the container opened itself is not inbound."""
    links = links_from_table(_TABLE)
    assert [one.port for one in links if one.state == 10] == [8080, 4000]
    (one,) = inbound(links)
    assert (one.port, one.unread, one.unsent) == (8080, 16, 0)


def test_what_is_busy() -> None:
    """A server that received last owes an answer; one that sent last has answered, and is idle once it is quiet."""
    owes = Link(80, 1, 0, 0, sent_ago_ms=9000, received_ago_ms=8000)
    answered = Link(80, 1, 0, 0, sent_ago_ms=8000, received_ago_ms=9000)
    assert is_busy(owes, quiet_ms=250)
    assert not is_busy(answered, quiet_ms=250)
    assert is_busy(answered, quiet_ms=10_000)
    assert is_busy(Link(80, 1, 1, 0, 8000, 9000), quiet_ms=250)


def test_a_stream_between_two_events_is_busy() -> None:
    """An answer that has been coming for a while is not over at its first rest; after a long rest it is."""
    streams = Link(80, 1, 0, 0, sent_ago_ms=2000, received_ago_ms=60_000)
    assert is_busy(streams, quiet_ms=250)
    assert not is_busy(Link(80, 1, 0, 0, sent_ago_ms=9000, received_ago_ms=60_000), quiet_ms=250)
    assert not is_busy(Link(80, 1, 0, 0, sent_ago_ms=2000, received_ago_ms=2040), quiet_ms=250)


def test_quick_calls_of_others_than_the_proxy_are_not_waited_for() -> None:
    """They come anew all the time; a long answer is owed to anybody, and a proxy without an address may be anyone."""
    quick = Link(80, 1, 0, 0, sent_ago_ms=2, received_ago_ms=1, peer="10.0.0.9")
    long = Link(80, 1, 0, 0, sent_ago_ms=9000, received_ago_ms=3000, peer="10.0.0.9")
    asked = Link(80, 1, 0, 0, sent_ago_ms=2, received_ago_ms=1, peer="10.0.0.2")
    found = _counted([quick, quick, long, asked], 250, frozenset({"10.0.0.2"}))
    assert (found.established, found.busy, found.calls) == (4, 2, 2)
    found = _counted([quick, quick, long, asked], 250, None)
    assert (found.busy, found.calls) == (4, 0)


@pytest.fixture
def talk() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection over the loopback: (client, server)."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        server, _ = listening.accept()
        with client, server:
            yield client, server


@pytest.mark.skipif(os.geteuid() != 0, reason="another namespace takes root")
def test_the_kernel_tells_who_owes_an_answer(talk: tuple[socket.socket, socket.socket]) -> None:
    """A connection is busy from the request until some time after the answer."""
    client, server = talk
    port = server.getsockname()[1]

    def busy() -> bool:
        (found,) = [one for one in inbound(links_of(os.getpid())) if one.port == port]
        assert found.peer == "127.0.0.1"
        return is_busy(found, quiet_ms=50)

    client.sendall(b"question")
    until(busy)
    assert server.recv(100) == b"question"
    assert busy(), "it was read, and not yet answered"
    server.sendall(b"answer")
    until(lambda: not busy())
    client.sendall(b"again")
    until(busy)

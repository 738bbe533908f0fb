"""A real HAProxy, steered by its runtime socket while clients ask: nothing is lost, and the flip is seen."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.adapters.balancer import HaproxyBalancer
from avnwizard.domain.config_fleet import FleetSection
from avnwizard.errors import HostError
from tests.adapters.flipped import Load, free_port, servers
from tests.waiting import until

PROGRAM = shutil.which("haproxy") or "/usr/sbin/haproxy"
pytestmark = pytest.mark.skipif(not Path(PROGRAM).exists(), reason="haproxy is not installed (Debian: haproxy)")
SETTINGS = """
global
  stats socket {socket} mode 600 level {level}
defaults
  mode http
  timeout connect 2s
  timeout client 20s
  timeout server 20s
frontend in
  bind 127.0.0.1:{port}
  default_backend id
backend id
  balance roundrobin
  default-server check inter 200ms fall 2 rise 2 weight 100
  server one 127.0.0.1:{one}
  server two 127.0.0.1:{two}
"""


def _section(socket: Path, backend: str = "id") -> FleetSection:
    stacks = {"a": "/srv/a", "b": "/srv/b"}
    return FleetSection(
        driver="haproxy", stacks=stacks, servers={"a": "one", "b": "two"}, socket=str(socket), backend=backend
    )


@pytest.fixture(params=["admin"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[HaproxyBalancer, int, Path]]:
    """(the balancer, the port in front, its socket) of a HAProxy before two servers, a and b."""
    socket, port = tmp_path / "admin.sock", free_port()
    with servers("a", "b") as places:
        settings = tmp_path / "haproxy.cfg"
        level, _, plain = request.param.partition(" ")
        text = SETTINGS.format(socket=socket, level=level, port=port, one=places["a"], two=places["b"])
        settings.write_text(text.replace(" weight 100", "") if plain else text)
        process = subprocess.Popen([PROGRAM, "-f", str(settings), "-db"], stderr=subprocess.DEVNULL)
        try:
            until(socket.exists)
            yield HaproxyBalancer(_section(socket)), port, socket
        finally:
            process.terminate()
            process.wait(timeout=10)


def test_a_flip_there_and_back(at: tuple[HaproxyBalancer, int, Path]) -> None:
    """Drained, a gets no more requests and finishes what it has; ready again, it gets them; not one is lost."""
    balancer, port, _ = at
    until(lambda: all(one.takes_requests for one in balancer.look()))
    with Load(port) as load:
        until(lambda: load.answers["a"] > 5 and load.answers["b"] > 5)
        balancer.drain("a")
        until(lambda: next(one.is_idle for one in balancer.look() if one.stack == "a"))
        load.reset()
        until(lambda: load.answers["b"] > 20)
        assert (load.answers["a"], load.answers[""]) == (0, 0)
        balancer.ready("a")
        balancer.drain("b")
        until(lambda: next(one.is_idle for one in balancer.look() if one.stack == "b"))
        load.reset()
        until(lambda: load.answers["a"] > 20)
        assert (load.answers["b"], load.answers[""]) == (0, 0)


def test_weights(at: tuple[HaproxyBalancer, int, Path]) -> None:
    """Ten percent of the other's share are few requests, and HAProxy says so."""
    balancer, port, _ = at
    until(lambda: all(one.takes_requests for one in balancer.look()))
    balancer.weight("b", 10)
    assert [one.weight for one in balancer.look()] == [100, 10]
    with Load(port) as load:
        until(lambda: sum(load.answers.values()) > 110)
    assert 0 < load.answers["b"] * 4 < load.answers["a"]
    assert load.answers[""] == 0


def test_one_alone(at: tuple[HaproxyBalancer, int, Path]) -> None:
    """A flip in one order: all answers are the other's at once, and none is lost."""
    balancer, port, _ = at
    until(lambda: all(one.takes_requests for one in balancer.look()))
    balancer.drain("b")
    with Load(port) as load:
        until(lambda: load.answers["a"] > 5)
        balancer.only("b")
        until(lambda: next(one.is_idle for one in balancer.look() if one.stack == "a"))
        load.reset()
        until(lambda: load.answers["b"] > 20)
        assert (load.answers["a"], load.answers[""]) == (0, 0)


@pytest.mark.parametrize("at", ["admin plain"], indirect=True)
def test_a_weight_without_parts(at: tuple[HaproxyBalancer, int, Path]) -> None:
    """A tenth of HAProxy's default weight of 1 would be nothing: the whole of it is given."""
    balancer, *_ = at
    until(lambda: all(one.takes_requests for one in balancer.look()))
    balancer.weight("b", 10)
    assert [one.weight for one in balancer.look()] == [100, 100]


def test_a_backend_that_it_does_not_have(at: tuple[HaproxyBalancer, int, Path]) -> None:
    """The error names the servers that there are."""
    *_, socket = at
    with pytest.raises(HostError, match="has no server one; it has: none"):
        HaproxyBalancer(_section(socket, backend="other")).look()


@pytest.mark.parametrize("at", ["operator"], indirect=True)
def test_a_socket_that_may_only_look(at: tuple[HaproxyBalancer, int, Path]) -> None:
    """What HAProxy refuses is an error that says what is needed."""
    balancer, *_ = at
    assert [one.server for one in balancer.look()] == ["one", "two"]
    with pytest.raises(HostError, match="Permission denied") as caught:
        balancer.drain("a")
    assert "level admin" in caught.value.hint


def test_no_haproxy(tmp_path: Path) -> None:
    """One error that names the socket."""
    with pytest.raises(HostError, match=r"does not answer at .*none\.sock"):
        HaproxyBalancer(_section(tmp_path / "none.sock")).look()

"""Commands in a container by the engine's socket: what `docker exec` gives, with no docker CLI beside."""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from avnwizard.adapters.child import Tap
from avnwizard.adapters.docker import engine_api
from avnwizard.adapters.docker.execution import Execution, executed
from avnwizard.errors import HostError
from tests.lab.engine import Lab

pytestmark = pytest.mark.engine
_LIMIT = 1 << 26
_Place = tuple[Path, str]


@pytest.fixture(scope="module")
def place(lab: Lab, worker_id: str) -> Iterator[_Place]:
    """The engine's socket, and a container with a shell, without network, that just waits."""
    image, name = f"{lab.registry}/postgres:17", f"avn-execution-{worker_id}"
    lab.docker("rm", "-f", name, check=False)
    lab.docker("run", "-d", "--name", name, "--network", "none", "--entrypoint", "sleep", image, "3600")
    yield lab.paths.socket, name
    lab.docker("rm", "-f", name)


def _run(
    place: _Place,
    tool: Sequence[str],
    *,
    fed: bytes | None = None,
    timeout_s: float = 30.0,
    **variables: str,
) -> tuple[int, bytes, bytes]:
    with _started(place, tool, feed=fed is not None, timeout_s=timeout_s, **variables) as running:
        out, err = Tap(_LIMIT), Tap(_LIMIT)
        running.listen(running.stdout, out)
        running.listen(running.stderr, err)
        if fed is not None:
            running.feed(fed[at : at + 100_000] for at in range(0, len(fed), 100_000))
        code = running.wait()
    return code, out.data(), err.data()


def _started(
    place: _Place, tool: Sequence[str], *, feed: bool = False, timeout_s: float = 30.0, **variables: str
) -> Execution:
    made = executed(*place, tool, variables=variables, feed=feed, timeout_s=timeout_s, hint="look")
    assert made, "the engine did not start it"
    return made


def test_outputs_code_and_variables(place: _Place) -> None:
    """Each output by itself, the exit code, variables whose values are in no argv."""
    script = 'printf "%s" "$ODD"; printf complaint >&2; exit 7'
    assert _run(place, ("sh", "-c", script), ODD="a=b 'c' \n é") == (7, "a=b 'c' \n é".encode(), b"complaint")
    assert _run(place, ("true",)) == (0, b"", b"")


def test_stdin_is_closed_after_it(place: _Place) -> None:
    """Megabytes go in and out at once; the command sees the end of its input."""
    data = hashlib.sha256(b"x").digest() * 200_000
    assert _run(place, ("cat",), fed=data) == (0, data, b"")
    assert _run(place, ("cat",), fed=b"") == (0, b"", b"")
    assert _run(place, ("cat",)) == (0, b"", b""), "without `feed` there is nothing to wait for"


def test_a_command_that_stops_reading(place: _Place) -> None:
    """It is judged by its exit code, however much is still to be said to it."""
    assert _run(place, ("sh", "-c", "head -c 3; exit 4"), fed=b"y" * 20_000_000) == (4, b"yyy", b"")


def test_a_tool_that_is_not_there(place: _Place) -> None:
    """The codes that `docker exec` ends with, and the engine's own words."""
    code, out, err = _run(place, ("no-such-tool",))
    assert code in {126, 127}
    assert b"no-such-tool" in out + err


def test_one_that_takes_too_long(place: _Place) -> None:
    """Whoever reads or waits is told so, and nothing is left waiting here."""
    threads = threading.active_count()
    with _started(place, ("sleep", "600"), timeout_s=0.5) as running:
        running.listen(running.stderr, lambda _: None)
        with pytest.raises(HostError, match=r"`sleep 600` did not finish within 0.5 s and was ended"):
            running.wait()
    with _started(place, ("sleep", "601")) as running:
        assert not running.late
    assert threading.active_count() <= threads


def test_a_container_that_is_gone(place: _Place) -> None:
    """Nothing is started: the docker CLI, asked instead, says why."""
    wanted = {"variables": {}, "feed": False, "timeout_s": 5.0}
    assert executed(place[0], "0" * 64, ("true",), **wanted) is None  # type: ignore[arg-type]
    assert executed(place[0].with_name("nobody.sock"), place[1], ("true",), **wanted) is None  # type: ignore[arg-type]
    assert engine_api.answers(place[0])
    assert not engine_api.answers(place[0].with_name("nobody.sock"))

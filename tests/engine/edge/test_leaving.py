"""Old containers leave: by their health check, after long answers and streams, and seen without root."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.edge.checks import is_settled, lost, probe
from tests.lab.callers import calling
from tests.lab.edge_stack import EdgeStack
from tests.lab.long_lived import reading, talking
from tests.lab.probe import Probe
from tests.lab.rolls import PATIENCE, carry, stamp, told
from tests.waiting import until

pytestmark = pytest.mark.engine


@pytest.fixture
def by_health(edge: EdgeStack) -> Iterator[EdgeStack]:
    """The operator wants `drained` to leave Traefik by its health check."""
    file = edge.stack.clone / "avnwizard.toml"
    file.write_text('[roll.handover]\ndrained = "health"\n', "utf-8")
    yield edge
    file.unlink()


def test_by_its_health_check(by_health: EdgeStack, mark: str, tmp_path: Path) -> None:
    """No director; the old one is made unhealthy, Traefik leaves it, and nothing is lost."""
    log = tmp_path / "effects"
    stamp(by_health.stack, "drained", mark)
    with probe(by_health, "drained", rate=100) as load:
        assert carry(by_health.stack, tmp_path, "drained", "one", log_to=str(log)) == 0
    assert lost(load) == ""
    assert load.report is not None
    assert len(load.report.answered_by) == 2
    effects = {line.split(":")[2] for line in log.read_text("utf-8").splitlines() if line.count(":") > 2}
    assert "drain" in effects
    assert "direct" not in effects
    is_settled(by_health, "drained")


@pytest.mark.parametrize("how", ["rolled back", "the new one falls ill"])
def test_the_file_is_taken_back(by_health: EdgeStack, mark: str, tmp_path: Path, how: str) -> None:
    """Whatever ends the roll after the old one was made unhealthy: it serves again, and nothing is lost."""
    former = by_health.compose_file.read_text("utf-8")
    before = by_health.ids("drained")
    docker = by_health.stack.lab.docker
    stamp(by_health.stack, "drained", mark)
    with probe(by_health, "drained") as load:
        assert carry(by_health.stack, tmp_path, "drained", "one", kill_at="roll:drained:drain:after") < 0
        if how == "rolled back":
            by_health.compose_file.write_text(former, "utf-8")
            assert carry(by_health.stack, tmp_path, "drained", "back") == 0
        else:
            (new,) = set(by_health.ids("drained")) - set(before)
            docker("exec", new, "rm", "/usr/local/bin/healthcheck")
            until(lambda: "unhealthy" in docker("inspect", "-f", "{{.State.Health.Status}}", new).stdout)
            assert carry(by_health.stack, tmp_path, "drained", "one") == 4
            by_health.compose_file.write_text(former, "utf-8")
    if how == "rolled back":
        assert lost(load) == ""
    assert by_health.ids("drained") == before
    assert docker("exec", before[0], "test", "-f", "/tmp/drain", check=False).returncode == 1  # noqa: S108
    assert docker("inspect", "-f", "{{.State.Health.Status}}", before[0]).stdout.strip() == "healthy"
    is_settled(by_health, "drained")


def test_what_ends_in_time_ends_whole(edge: EdgeStack, mark: str, tmp_path: Path) -> None:
    """A stream of an event a second and a slow answer outlive the handover.

    They end by themselves, and nothing else is waited for: neither connections that Traefik keeps open, nor another
    service that goes on asking by name.
    """
    stamp(edge.stack, "bare", mark)
    host = edge.host("bare")
    with (
        probe(edge, "bare") as load,
        reading(edge.plain, host, "/stream?s=22&every=1") as stream,
        reading(edge.plain, host, "/slow?s=22") as slow,
        calling(edge, "bare", "blind") as caller,
    ):
        assert stream.begun.wait(10)
        assert carry(edge.stack, tmp_path, "bare", "one", patience=replace(PATIENCE, drain_limit_s=40.0)) == 0
        calls = json.loads(caller.communicate()[0])
        said = told(tmp_path, "one")
    assert lost(load) == ""
    assert (stream.broken, slow.broken) == ("", "")
    assert stream.body.endswith(b"data: end\n\n")
    assert slow.body == b"late"
    assert any("waiting for" in line for line in said), said
    assert not any("still at work" in line for line in said), said
    assert any("nothing moving on them (kept open, or silent)" in line for line in said), said
    assert "bare: 1 connection of callers by name, cut off with the old container" in said
    assert calls["ok"] > 80
    is_settled(edge, "bare")


def test_what_does_not_end_is_counted_told_and_cut_off(edge: EdgeStack, mark: str, tmp_path: Path) -> None:
    """A stream and an upgraded connection go on to the limit; then they are told and end with their container."""
    stamp(edge.stack, "bare", mark)
    host = edge.host("bare")
    with (
        probe(edge, "bare") as load,
        reading(edge.plain, host, "/stream?s=200&every=1") as stream,
        talking(edge.plain, host) as talker,
    ):
        until(lambda: stream.begun.is_set() and talker.echoed > 3)
        assert carry(edge.stack, tmp_path, "bare", "one", patience=replace(PATIENCE, drain_limit_s=3.0)) == 0
        assert talker.ended.wait(10)
    said = told(tmp_path, "one")
    (line,) = [line for line in said if "still at work" in line]
    counted = "bare: 2 connections were still at work after 3 s (WebSocket, stream, long answer)"
    assert line == f"{counted}; cut off with the old container"
    assert stream.broken
    assert lost(load) == ""
    is_settled(edge, "bare")


def test_without_root(edge: EdgeStack, mark: str, tmp_path: Path) -> None:
    """Who may use the socket and no more sees less: a fixed time is waited, in which answers that are owed come."""
    stamp(edge.stack, "bare", mark)
    host = edge.host("bare")
    with (
        Probe(edge.plain, host, "/slow?s=4", rate=10) as load,
        reading(edge.plain, host, "/stream?s=100&every=1") as stream,
    ):
        assert stream.begun.wait(10)
        done = _without_rights(edge, tmp_path, "bare", "one")
        assert done.returncode == 0, done.stderr
    assert lost(load) == ""
    said = told(tmp_path, "one")
    assert any("cut off with the old container; only root sees whether they are at work" in line for line in said), (
        said
    )
    is_settled(edge, "bare")


def test_traefik_itself(edge: EdgeStack, tmp_path: Path) -> None:
    """Replaced in place while a stream goes on: it is not waited for, and every route answers again."""
    old = edge.ids("traefik")
    edge.set("TRAEFIK_LOG", "WARN")
    with (
        reading(edge.plain, edge.host("bare"), "/stream?s=60&every=1") as stream,
        _signals(edge, old[0]) as signals,
    ):
        assert stream.begun.wait(10)
        assert carry(edge.stack, tmp_path, "traefik", "one") == 0
        edge.wait()
    assert stream.broken
    assert signals == ["15", "9"], "it was given longer than what is planned"
    assert set(edge.ids("traefik")).isdisjoint(old)
    is_settled(edge, "traefik")


@contextmanager
def _signals(edge: EdgeStack, container: str) -> Iterator[list[str]]:
    """The signals that a container gets in the block, filled in afterwards."""
    seen: list[str] = []
    since = time.time()
    yield seen
    words = (
        "--filter",
        f"container={container}",
        "--filter",
        "event=kill",
        "--format",
        "{{.Actor.Attributes.signal}}",
    )
    seen += edge.stack.lab.docker("events", "--since", f"{since}", "--until", f"{time.time()}", *words).stdout.split()


def _without_rights(edge: EdgeStack, folder: Path, service: str, run: str) -> subprocess.CompletedProcess[str]:
    """Roll with none of root's capabilities: no more than a user in the socket's group may do.

    It keeps root's number, since the lab's files are root's.
    """
    argv = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", sys.executable]
    argv += ["-m", "tests.lab.rolls", str(edge.stack.clone), str(folder), service, run, "6"]
    return subprocess.run(argv, env=dict(os.environ), capture_output=True, text=True, check=False, timeout=120)

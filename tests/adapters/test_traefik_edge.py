"""Directors on an engine that is only played: what is started and removed, in order."""

import json
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from avnwizard.adapters.docker.reach import HERE
from avnwizard.adapters.traefik import TraefikEdge, asking, edge, finding
from avnwizard.adapters.traefik.settings import Settings
from avnwizard.domain.traefik.direction import Direction, Target
from avnwizard.domain.traefik.labels import read_labels
from avnwizard.errors import HostError

_NEW = "n" * 64
_LABELS = {
    "traefik.enable": "true",
    "traefik.http.routers.web.rule": "Host(`a`)",
    "traefik.http.services.web.loadbalancer.server.port": "80",
}


class _Engine:
    """Containers by name, as Docker keeps them: a name is taken until its container is removed."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, object]] = {}

    def run_director(self, _image: str, name: str, lines: bytes) -> None:
        assert name not in self.there, "Conflict. The container name is already in use"
        labels = dict(line.partition("=")[::2] for line in lines.decode().splitlines())
        self.there[name] = {"Id": name, "State": {"Running": True}, "Config": {"Labels": labels}}

    def remove_helper(self, name: str) -> None:
        self.there.pop(name)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> _Engine:
    """With a Traefik and one new container of the service `web`."""
    found = _Engine()
    monkeypatch.setattr(edge, "labelled", lambda *_: list(found.there.values()))
    return found


def _edge(engine: _Engine, monkeypatch: pytest.MonkeyPatch) -> TraefikEdge:
    made = TraefikEdge("id")
    monkeypatch.setattr(made, "_changes", engine)
    monkeypatch.setattr(made, "_traefik", lambda: SimpleNamespace(image="traefik", api=None, settings=Settings()))

    def direction(service: str, containers: Sequence[str], run: str, *, lift: int) -> Direction:
        targets = tuple(Target(one, "192.0.2.1", 80) for one in containers)
        return Direction(f"id/{run}/{service}", read_labels(_LABELS), targets, lift=lift)

    monkeypatch.setattr(made, "_direction", direction)
    return made


def test_a_director_that_ended_with_the_engine_is_replaced(engine: _Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The resumed run gives its director the same name: the ended one holds it no more."""
    made = _edge(engine, monkeypatch)
    made.direct("web", [_NEW], run="r")
    (name,) = engine.there
    engine.there[name]["State"] = {"Running": False}
    made.direct("web", [_NEW], run="r")
    assert list(engine.there) == [name]
    (director,) = made.directors("web")
    assert (director.running, director.target, director.lift) == (True, _NEW, 1)
    made.direct("web", [_NEW], run="r")
    assert list(engine.there) == [name], "directed to already"


class _Cli:
    """A Docker with one Traefik without an API; it counts how often that was asked for its version."""

    asked, reach, engine_socket = 0, HERE, None

    def run(self, argv: Sequence[str]) -> SimpleNamespace:
        assert argv[1] == "ps"
        return SimpleNamespace(text=json.dumps({"ID": "t1", "Image": "traefik:v3.7"}))

    def try_(self, argv: Sequence[str]) -> SimpleNamespace:
        if argv[1] == "exec":
            self.asked += 1
            return SimpleNamespace(text="Version: 3.7.15" if self.asked > 1 else "no such exec")
        labels = {"com.docker.compose.project": "id"}
        raw = {
            "Id": "t1",
            "Image": "sha256:1",
            "State": {"Running": True},
            "Config": {"Entrypoint": ["traefik"], "Labels": labels},
        }
        return SimpleNamespace(code=0, stdout=json.dumps([raw]))


class _Vanishing(_Cli):
    """Another stack's Traefik ends between the list and the look at it: docker prints the rest, and fails."""

    complaint = "Error response from daemon: No such container: t2"

    def run(self, argv: Sequence[str]) -> SimpleNamespace:
        assert argv[1] == "ps"
        lines = [json.dumps({"ID": one, "Image": "traefik:v3.7"}) for one in ("t1", "t2")]
        return SimpleNamespace(text="\n".join(lines))

    def try_(self, argv: Sequence[str]) -> SimpleNamespace:
        done = super().try_(argv)
        done.complaint, done.code = self.complaint, 0 if argv[1] == "exec" else 1
        return done


def test_another_stacks_traefik_may_end_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack's own is found all the same; an engine that fails is not "there is none"."""
    made, cli = TraefikEdge("id"), _Vanishing()
    monkeypatch.setattr(made, "_cli", cli)
    monkeypatch.setattr(finding, "api_at", lambda _places: None)
    assert made.facts() is not None
    cli.complaint = "Cannot connect to the Docker daemon"
    with pytest.raises(HostError, match="Cannot connect"):
        made.facts()


def test_a_container_is_asked_for_its_version_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container keeps its version; only an answer is kept, so that one which did not answer is asked again."""
    made, cli = TraefikEdge("id"), _Cli()
    monkeypatch.setattr(made, "_cli", cli)
    monkeypatch.setattr(finding, "api_at", lambda _places: None)
    assert [found.version for _ in range(4) if (found := made.facts())] == ["", "3.7.15", "3.7.15", "3.7.15"]
    assert cli.asked == 2


def test_the_routes_of_the_services_own_labels_are_seen_by_its_servers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked ten times a second while a director is about to go: Traefik lists no router for that."""
    made, asked = TraefikEdge("id"), list[str]()

    def api(_place: asking.Place, path: str) -> object:
        asked.append(path)
        return {"status": "enabled", "loadBalancer": {"servers": [{"url": "http://192.0.2.1:80"}]}}

    networks = {"edge": {"IPAddress": "192.0.2.1"}}
    raw = {"Id": _NEW, "Config": {"Labels": _LABELS}, "NetworkSettings": {"Networks": networks}}
    traefik = SimpleNamespace(
        image="traefik",
        api=("127.0.0.1", 8080),
        settings=Settings(),
        networks=frozenset(networks),
        facts=SimpleNamespace(name="t", default_rule=""),
    )
    monkeypatch.setattr(asking, "api", api)
    monkeypatch.setattr(edge, "inspected", lambda *_: raw)
    monkeypatch.setattr(made, "_traefik", lambda: traefik)
    assert made.knows_only("web", [_NEW])
    assert asked == ["/api/http/services/web@docker"]

"""A service that is away behind a catch-all: its requests are lost, by http and by https, whatever answers."""

import http.client
from pathlib import Path
from typing import Any

import pytest

from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.probing import Tally
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.engine.feed import FeedWriter
from avnwizard.errors import ExitCode
from avnwizard.flows.edge import memory
from avnwizard.flows.edge.baseline import wait_for_all
from avnwizard.flows.edge.memory import ProbeMemory
from avnwizard.flows.edge.watch import watched
from avnwizard.flows.host import Host
from avnwizard.wiring import open_host
from tests.lab.probe import Probe
from tests.waiting import until
from tests.zoo.parts import HEALTHY, app, compose, postgres, traefik, worker
from tests.zoo.stack import COMPOSE_FILE, NAMES_POSTGRES, ZooStack, bring_up

pytestmark = pytest.mark.engine

_RATE, _CLIENT_RATE = 30.0, 10.0
_DRAIN = "/tmp/drain"  # noqa: S108 - in a container
_DRAINED = {"test": ["CMD-SHELL", f"test ! -f {_DRAIN}"], "interval": "1s", "timeout": "10s", "retries": 2}
"""A health check that fails by the file alone, however busy the machine is."""
_BUSY = {"timeout"}
"""How a busy machine loses requests, whatever the edge does."""
_PAIRS = ("risk", "risk-tls", "status", "status-tls", "web", "web-tls")


def _pair(name: str, rule: str, port: int, **more: str) -> dict[str, str]:
    """Two routers of one rule, one for each entrypoint."""
    labels = {"traefik.enable": "true", f"traefik.http.services.{name}.loadbalancer.server.port": str(port)}
    for router, own in ((name, {"entrypoints": "web"}), (f"{name}-tls", {"entrypoints": "websecure", "tls": "true"})):
        options = {"rule": rule, "service": name, **own, **more}
        labels |= {f"traefik.http.routers.{router}.{key}": value for key, value in options.items()}
    return labels


def _release(tag: str, check: dict[str, Any]) -> dict[str, str]:
    edge = traefik()
    edge["command"].append("--entrypoints.websecure.address=:8443")
    edge["ports"].append("127.0.0.1:@TLS@:8443")
    served = {**HEALTHY, "test": ["CMD", "healthcheck", "http://127.0.0.1:3000/health/ready"]}
    services = {
        "traefik": edge,
        "postgres": postgres(),
        "risk": app(
            "risk",
            tag,
            labels=_pair("risk", "PathPrefix(`/risk`)", 8080),
            healthcheck=check,
            deploy={"replicas": 2},
        ),
        "status": app("status", tag, labels=_pair("status", "Path(`/health/alive`)", 8080)),
        "web": app(
            "web",
            tag,
            image=f"@REG@/web:{tag}",
            labels=_pair("web", "PathPrefix(`/`)", 3000, priority="1"),
            healthcheck=served,
            environment={"SHUTDOWN_MODE": "abrupt", "GATEWAY_URL": "http://risk:8080"},
        ),
        "worker": worker(tag),
    }
    return {COMPOSE_FILE: compose(services)}


def _up(zoo: ZooStack, check: dict[str, Any] = HEALTHY) -> Host:
    releases = {tag: _release(tag, check) for tag in ("v1.5.0", "v1.6.0")}
    bring_up(zoo, releases, operator={"avnwizard.toml": NAMES_POSTGRES})
    until(lambda: all(zoo.ask(path)[0] == http.client.OK for path in ("/risk", "/health/alive", "/")))
    return open_host(zoo.clone)


def _clients(zoo: ZooStack, rate: float) -> tuple[Probe, Probe]:
    """Two who know of themselves who answers: the stand-ins of `docs` say that they are."""
    return (
        Probe(zoo.port, "127.0.0.1", "/risk", rate, service="docs"),
        Probe(zoo.tls_port, "127.0.0.1", "/risk", rate, service="docs", tls=True),
    )


def _kept(host: Host, folder: Path) -> ProbeMemory:
    found = memory.load(host.files, folder)
    assert found is not None
    return found


def _drain(zoo: ZooStack, *, how: str, replicas: list[str]) -> None:
    for one in replicas:
        zoo.lab.docker("exec", one, *(("touch",) if how == "out" else ("rm", "-f")), _DRAIN)


def _health(host: Host, service: str) -> list[str]:
    return [one.health for one in host.stack.containers(service)]


def test_a_service_that_is_away_is_seen(zoo: ZooStack, tmp_path: Path) -> None:
    """One unhealthy replica costs nothing; with both, all that the catch-all answers for them is lost.

    Seen: 135 of 140 requests counted as answered. `status` says the very same as the catch-all does there, so nothing
    but its containers tells that it is gone.
    """
    host = _up(zoo, _DRAINED)
    model = host.stack.resolve()
    plan = plan_probe(model, model, ProbeSection(rate=_RATE))
    assert {one.name: (one.port, one.tls, one.next) for one in plan.routes} == {
        "risk": (zoo.port, False, "web"),
        "risk-tls": (zoo.tls_port, True, "web-tls"),
        "status": (zoo.port, False, "web"),
        "status-tls": (zoo.tls_port, True, "web-tls"),
        "web": (zoo.port, False, ""),
        "web-tls": (zoo.tls_port, True, ""),
    }
    first, second = [one.id for one in zoo.containers("risk")]
    plain, by_tls = _clients(zoo, _CLIENT_RATE)

    def tally(name: str) -> Tally:
        return _kept(host, folder).tallies[name]

    folder = tmp_path / "run"
    folder.mkdir()
    with watched(host, plan, FeedWriter(folder / "feed.jsonl"), folder, folder), plain, by_tls:
        identities = _kept(host, folder).identities
        assert all(identities[name].answers for name in _PAIRS)
        _drain(zoo, how="out", replicas=[first])
        until(lambda: _health(host, "risk").count("unhealthy") == 1, limit_s=180)
        sent = tally("risk").sent
        until(lambda: tally("risk").sent > sent + 15)
        one_away = set(tally("risk").kinds) | set(tally("risk-tls").kinds)
        _drain(zoo, how="out", replicas=[second])
        host.stack.stop(zoo.containers("status")[0].id, grace_s=1)
        until(lambda: all(tally(name).kinds["misrouted"] > 20 for name in _PAIRS[:4]), limit_s=180)
        _drain(zoo, how="in", replicas=[first, second])
        host.stack.start(host.stack.containers("status")[0].id)
        assert wait_for_all(host, plan.routes, identities, limit_s=60) == {}
        again = tally("status-tls").answered
        until(lambda: tally("status-tls").answered > again + 15)

    assert one_away <= _BUSY
    tallies = _kept(host, folder).tallies
    assert set(tallies["web"].kinds) | set(tallies["web-tls"].kinds) <= _BUSY
    for name, client in (("risk", plain), ("risk-tls", by_tls)):
        mine, theirs = tallies[name], client.report
        assert theirs is not None
        assert set(mine.kinds) - _BUSY == set(theirs.lost) - _BUSY == {"misrouted"}
        shares = mine.kinds["misrouted"] / mine.sent, theirs.lost["misrouted"] / theirs.sent
        assert abs(shares[0] - shares[1]) < 0.1, (name, mine, str(theirs))


def test_a_roll_of_services_with_two_routers_loses_nothing(zoo: ZooStack) -> None:
    """A surge behind the director is never away: nothing is lost, but what a busy machine lets time out.

    The probe and two independent clients agree.
    """
    host = _up(zoo)
    plain, by_tls = _clients(zoo, rate=5.0)
    with plain, by_tls:
        there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    for client in (plain, by_tls):
        assert client.report is not None
        assert set(client.report.lost) <= _BUSY, str(client.report)
    (run,) = host.journal().runs()
    kept = _kept(host, host.state.run(run.id))
    assert set(kept.tallies) == set(_PAIRS)
    assert all(one.answered > 0 and set(one.kinds) <= _BUSY for one in kept.tallies.values()), kept.tallies
    report = (host.state.run(run.id) / "report.md").read_text("utf-8")
    assert f"{kept.total.sent:,} sent, {kept.total.answered:,} answered, {kept.total.lost:,} lost" in report
    assert "did not always say" not in report

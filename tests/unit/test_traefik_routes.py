"""The routes to probe come out of labels, flags and published ports; what cannot be asked is left out and told."""

from typing import Any

import pytest

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.config import parse_config
from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.errors import UsageError

_FLAGS = ["--entrypoints.web.address=:80", "--entryPoints.websecure.address=:443/tcp"]


def _port(published: str, target: int, host: str = "") -> dict[str, Any]:
    return {"published": published, "target": target, "host_ip": host, "protocol": "tcp"}


def _model(*flags: str, **labels: dict[str, str]) -> ComposeModel:
    edge = {
        "image": "registry.example.test/library/traefik:v3.1",
        "command": [*_FLAGS, *flags],
        "ports": [_port("8080", 80, "127.0.0.1"), _port("8443", 443)],
    }
    rest = {name: {"image": f"{name}:1", "labels": found} for name, found in labels.items()}
    return model_from_config({"name": "id", "services": {"edge": edge, **rest}})


def _labels(router: str, rule: str, **more: str) -> dict[str, str]:
    found = {"rule": rule, **{name.replace("_", "."): value for name, value in more.items()}}
    return {f"traefik.http.routers.{router}.{name}": value for name, value in found.items()}


def _told(model: ComposeModel, **section: Any) -> dict[str, str]:
    plan = plan_probe(model, model, ProbeSection(**section))
    return {one.router: one.why for one in plan.left_out}


def test_each_router_is_one_route() -> None:
    """Host and path from the rule, address from the entrypoint's published port, TLS from router or entrypoint."""
    model = _model(
        "--entrypoints.websecure.http.tls.certresolver=le",
        api=_labels("api", "Host(`a.test`) && PathPrefix(`/api`)", entrypoints="web"),
        web=_labels("web", "Host(`a.test`)", entrypoints="websecure"),
        own=_labels("own", "Host(`own.test`)", entrypoints="web", tls="true"),
    )
    found = {route.name: route for route in plan_probe(model, model, ProbeSection()).routes}
    assert (found["api"].address, found["api"].port, found["api"].tls) == ("127.0.0.1", 8080, False)
    assert (found["web"].port, found["web"].tls) == (8443, True)
    assert found["own"].tls
    assert found["web"].url == "https://a.test/"


def test_the_next_rule_is_known() -> None:
    """Without its router, /api goes to the console; a decoy path at the same host shows how that one answers."""
    model = _model(
        api=_labels("api", "Host(`a.test`) && PathPrefix(`/api`)"),
        web=_labels("web", "Host(`a.test`)", priority="1"),
        other=_labels("other", "Host(`b.test`)"),
    )
    found = {route.name: route for route in plan_probe(model, model, ProbeSection()).routes}
    assert found["api"].next == "web"
    assert found["api"].decoy.startswith("/")
    assert not found["api"].decoy.startswith("/api")
    assert (found["web"].next, found["other"].next) == ("", "")


def test_what_cannot_be_asked_is_left_out_and_told() -> None:
    """gRPC, POST alone, no rule, a hidden router, a path that acts, an entrypoint that is not published."""
    model = _model(
        "--entrypoints.metrics.address=:9100",
        grpc=_labels("grpc", "Host(`g.test`)") | {"traefik.http.services.grpc.loadbalancer.server.scheme": "h2c"},
        post=_labels("post", "Host(`a.test`) && Method(`POST`)"),
        bare=_labels("bare", "", entrypoints="web"),
        low=_labels("low", "Host(`c.test`)", priority="1"),
        high=_labels("high", "Host(`c.test`)", priority="9"),
        out=_labels("out", "Host(`a.test`) && Path(`/logout`)"),
        inner=_labels("inner", "Host(`m.test`)", entrypoints="metrics"),
        off=_labels("off", "Host(`off.test`)") | {"traefik.enable": "false"},
    )
    told = _told(model)
    assert set(told) == {"grpc", "post", "bare", "low", "out", "inner"}
    assert "gRPC" in told["grpc"]
    assert "high answers" in told["low"]
    assert "may do something" in told["out"]
    assert "entrypoint" in told["inner"]
    assert "out" not in _told(model, paths={"out": "/health"})


def test_nothing_that_is_not_exposed_is_asked() -> None:
    """With `exposedbydefault=false` only services that say so have routers."""
    hidden, shown = _labels("a", "Host(`a.test`)"), _labels("b", "Host(`b.test`)") | {"traefik.enable": "true"}
    model = _model("--providers.docker.exposedbydefault=false", a=hidden, b=shown)
    assert [route.name for route in plan_probe(model, model, ProbeSection()).routes] == ["b"]


def test_a_redirecting_entrypoint_is_not_the_one() -> None:
    """A router of every entrypoint is asked where it answers by itself, not where all is sent on."""
    model = _model(
        "--entrypoints.web.http.redirections.entrypoint.to=websecure",
        "--entrypoints.websecure.http.tls=true",
        web=_labels("web", "Host(`a.test`)"),
    )
    (route,) = plan_probe(model, model, ProbeSection()).routes
    assert (route.port, route.tls) == (8443, True)


def test_a_router_that_the_release_moves_is_no_loss() -> None:
    """Only what both releases reach in the same way is asked."""
    old = _model(a=_labels("a", "Host(`a.test`)"), b=_labels("b", "Host(`b.test`)"), c=_labels("c", "Host(`c.test`)"))
    new = _model(
        a=_labels("a", "Host(`a.test`)"), b=_labels("b", "Host(`b2.test`)"), d=_labels("d", "Host(`d.test`)")
    )
    plan = plan_probe(old, new, ProbeSection())
    assert [route.name for route in plan.routes] == ["a"]
    assert {one.router for one in plan.left_out} == {"b", "c"}


def test_the_operator_decides() -> None:
    """`[probe]` switches off, names the edge's address, or what to ask instead."""
    model = _model(a=_labels("a", "Host(`a.test`)", entrypoints="hidden"))
    assert plan_probe(model, model, ProbeSection(enabled=False)).off
    assert plan_probe(model, model, ProbeSection()).off
    (route,) = plan_probe(model, model, ProbeSection(address="10.0.0.2:443")).routes
    assert (route.address, route.port, route.tls) == ("10.0.0.2", 443, True)
    (asked,) = plan_probe(
        model, model, ProbeSection(urls=("https://x.test/health",), address="127.0.0.1:8443")
    ).routes
    assert (asked.host, asked.path, asked.port, asked.tls) == ("x.test", "/health", 8443, True)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("rate = 0", "probe.rate"),
        ("rate = 5000", "probe.rate"),
        ('address = "edge"', "probe.address"),
        ('urls = ["ftp://x"]', "probe.urls"),
        ('paths = { a = "x y" }', "probe.paths"),
        ("speed = 1", "probe.speed"),
    ],
)
def test_a_bad_setting_is_refused_with_its_place(line: str, place: str) -> None:
    """One clear error that names the key."""
    with pytest.raises(UsageError, match=place):
        parse_config(f"[probe]\n{line}\n", source="avnwizard.toml")

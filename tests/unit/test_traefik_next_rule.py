"""Which rule answers while a service is away: another service's, at the same entrypoint, with or without TLS."""

from typing import Any

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.probing import Route
from avnwizard.domain.traefik.routes import plan_probe

_WEB, _SECURE = 8080, 8443
Labels = dict[str, str]


def _model(*flags: str, **labels: Labels) -> ComposeModel:
    ports = [
        {"published": str(outer), "target": inner, "host_ip": "127.0.0.1", "protocol": "tcp"}
        for outer, inner in ((_WEB, 80), (_SECURE, 443))
    ]
    command = ["--entrypoints.web.address=:80", "--entrypoints.websecure.address=:443", *flags]
    edge = {"image": "traefik:v3.7", "command": command, "ports": ports}
    rest = {name: {"image": f"{name}:1", "labels": found} for name, found in labels.items()}
    return model_from_config({"name": "id", "services": {"traefik": edge, **rest}})


def _router(name: str, rule: str, **more: str) -> Labels:
    return {f"traefik.http.routers.{name}.{key}": value for key, value in {"rule": rule, **more}.items()}


def _pair(name: str, rule: str, **more: str) -> Labels:
    """The commonest setup: one router for HTTP, one of the same rule for HTTPS."""
    return _router(name, rule, entrypoints="web", **more) | _router(
        f"{name}-tls", rule, entrypoints="websecure", tls="true", **more
    )


def _routes(model: ComposeModel, **section: Any) -> dict[str, Route]:
    return {route.name: route for route in plan_probe(model, model, ProbeSection(**section)).routes}


def _left_out(model: ComposeModel) -> dict[str, str]:
    return {one.router: one.why for one in plan_probe(model, model, ProbeSection()).left_out}


def test_the_next_rule_of_a_pair_is_another_services_at_the_same_entrypoint() -> None:
    """Seen: `risk-tls` had `risk` for its next rule, which is gone as soon as itself, and `risk` was left out."""
    model = _model(risk=_pair("risk", "PathPrefix(`/risk`)"), web=_pair("web", "PathPrefix(`/`)", priority="1"))
    found = _routes(model)
    assert {name: (one.port, one.tls, one.next) for name, one in found.items()} == {
        "risk": (_WEB, False, "web"),
        "risk-tls": (_SECURE, True, "web-tls"),
        "web": (_WEB, False, ""),
        "web-tls": (_SECURE, True, ""),
    }
    assert found["risk-tls"].asking_next.path.startswith("/avnwizard")
    assert found["risk-tls"].asking_next.tls
    assert found["risk-tls"].url == "https://localhost/risk"


def test_all_routers_of_a_service_go_together() -> None:
    """Hydra's public and admin ports are two routers of one service: neither answers in the other's place."""
    model = _model(
        hydra=_router("admin", "Host(`a.test`) && PathPrefix(`/oauth2/admin`)")
        | _router("public", "Host(`a.test`) && PathPrefix(`/oauth2`)"),
        web=_router("web", "Host(`a.test`)"),
    )
    found = _routes(model)
    assert (found["admin"].next, found["public"].next) == ("web", "web")


def test_routers_with_tls_are_kept_apart_from_those_without() -> None:
    """On one entrypoint, a router with TLS never answers a request that came without."""
    model = _model(
        api=_router("api", "Host(`a.test`) && PathPrefix(`/api`)", entrypoints="web"),
        secure=_router("secure", "Host(`a.test`)", entrypoints="web", tls="true"),
        plain=_router("plain", "PathPrefix(`/`)", entrypoints="web"),
    )
    assert _routes(model)["api"].next == "plain"


def test_a_router_without_entrypoints_listens_on_the_default_ones() -> None:
    """Those flagged `asDefault`, where any is; else all of them."""
    flags = ("--entrypoints.websecure.asdefault=true", "--entrypoints.websecure.http.tls=true")
    labels = {
        "api": _router("api", "PathPrefix(`/api`)"),
        "web": _router("web", "PathPrefix(`/`)", entrypoints="web"),
    }
    only = _routes(_model(*flags, **labels))
    assert (only["api"].port, only["api"].tls, only["api"].next) == (_SECURE, True, "")
    every = _routes(_model(**labels))
    assert (every["api"].port, every["api"].tls, every["api"].next) == (_WEB, False, "web")


def test_an_entrypoint_that_redirects_everything_is_not_asked() -> None:
    """The redirection would answer for every service; the other router of the pair is asked."""
    redirecting = "--entrypoints.web.http.redirections.entrypoint.to=websecure"
    model = _model(redirecting, risk=_pair("risk", "PathPrefix(`/risk`)"))
    assert list(_routes(model)) == ["risk-tls"]
    assert _left_out(model) == {"risk": "its entrypoint sends every request on to another one"}


def test_two_services_with_one_rule_and_priority_cannot_be_told() -> None:
    """Traefik takes either of them, and may change over at any time; with priorities, the higher one is asked."""
    rule = "Host(`a.test`)"
    model = _model(blue=_router("blue", rule), green=_router("green", rule))
    assert _left_out(model) == {
        "blue": "the router green of green has the same priority: which one answers is not known",
        "green": "the router blue of blue has the same priority: which one answers is not known",
    }
    ordered = _model(blue=_router("blue", rule), green=_router("green", rule, priority="99"))
    assert {name: one.next for name, one in _routes(ordered).items()} == {"green": "blue"}
    assert "green answers" in _left_out(ordered)["blue"]


def test_a_router_of_two_services_is_asked_once_of_both() -> None:
    """Two compose services with the same labels share its requests: it is away only when both are."""
    shared = _router("app", "PathPrefix(`/app`)")
    model = _model(app1=shared, app2=shared, web=_router("web", "PathPrefix(`/`)"))
    found = _routes(model)
    assert (found["app"].services, found["app"].next) == (("app1", "app2"), "web")


def test_the_next_rule_is_asked_at_another_host_where_it_has_none_at_this_one() -> None:
    """Where the whole host is the service's, a catch-all of every host answers at one that nobody has."""
    model = _model(
        own=_router("own", "Host(`own.example.test`)"), errors=_router("errors", "HostRegexp(`.+`)", priority="1")
    )
    asked = _routes(model)["own"].asking_next
    assert (asked.host, asked.path) == ("avnwizard-asks-who.example.test", "/avnwizard-asks-who")


def test_a_next_rule_that_answers_nowhere_else_has_no_decoy() -> None:
    """The same rule with a lower priority: nothing that it answers now could show how it answers."""
    model = _model(new=_router("new", "Path(`/x`)", priority="99"), old=_router("old", "Path(`/x`)"))
    assert (_routes(model)["new"].next, _routes(model)["new"].decoy) == ("old", "")


def test_the_first_host_that_reaches_the_service_is_asked() -> None:
    """Another service has the first of two hosts."""
    model = _model(
        both=_router("both", "Host(`a.test`) || Host(`b.test`)"),
        first=_router("first", "Host(`a.test`)", priority="99"),
    )
    assert _routes(model)["both"].host == "b.test"


def test_a_router_that_moves_to_another_entrypoint_is_no_loss() -> None:
    """What is asked in another way after the release is not asked at all."""
    old = _model(api=_router("api", "PathPrefix(`/api`)", entrypoints="web"), web=_router("web", "PathPrefix(`/`)"))
    new = _model(api=_router("api", "PathPrefix(`/api`)", entrypoints="websecure", tls="true"))
    plan = plan_probe(old, new, ProbeSection())
    assert {one.router: one.why for one in plan.left_out}["api"] == "the release drops or moves it"


def test_what_has_no_http_router_has_no_route() -> None:
    """TCP routers, workers and jobs are not asked, and are nobody's next rule."""
    model = _model(
        api=_router("api", "PathPrefix(`/api`)"),
        mail={"traefik.tcp.routers.mail.rule": "HostSNI(`*`)", "traefik.tcp.routers.mail.entrypoints": "web"},
        worker={},
    )
    assert {name: one.next for name, one in _routes(model).items()} == {"api": ""}
    assert _left_out(model) == {}

"""How a surge hands over, and what it says may be lost."""

from dataclasses import replace
from typing import Literal

import pytest

from avnwizard.domain.edge import EdgeFacts
from avnwizard.domain.handover import choose_handover, drain_file, lost_in_recreate
from avnwizard.domain.host import Service

_EDGE = EdgeFacts("e" * 64, "id-traefik-1", "traefik", "3.7.15", api=True, docker_provider=True)
_ROUTED = Service(
    "web",
    "web:1",
    networks=("edge",),
    labels={
        "traefik.enable": "true",
        "traefik.http.routers.web.rule": "Host(`a`)",
        "traefik.http.services.web.loadbalancer.server.port": "80",
    },
)
_LABELLED = Service(
    "web", "web:1", networks=("edge",), health_test=("CMD-SHELL", "test ! -f /run/drain && curl -f x")
)


def test_a_routed_service_is_directed() -> None:
    """By Traefik 3, nothing is lost."""
    chosen = choose_handover(_ROUTED, project="id", facts=_EDGE)
    assert (chosen.handover, chosen.may_lose) == ("director", "")


@pytest.mark.parametrize(
    ("facts", "labels", "reason"),
    [
        (replace(_EDGE, version="2.11.2"), {}, "Traefik 2.11.2"),
        (replace(_EDGE, docker_provider=False), {}, "does not read containers' labels"),
        (_EDGE, {"traefik.http.routers.web.service": "web@file"}, "web@file"),
        (_EDGE, {"traefik.http.routers.web.rule": ""}, "default rule"),
    ],
)
def test_where_no_director_can_be(facts: EdgeFacts, labels: dict[str, str], reason: str) -> None:
    """The reason is told, the health drain is next where the check allows it, and what may be lost is said."""
    service = replace(_ROUTED, labels=_ROUTED.labels | labels)
    chosen = choose_handover(service, project="id", facts=facts)
    assert chosen.handover == "wait"
    assert reason in chosen.reason
    assert "up to 2 s" in chosen.may_lose
    by_health = choose_handover(replace(service, health_test=_LABELLED.health_test), project="id", facts=facts)
    assert (by_health.handover, by_health.may_lose) == ("health", "")


@pytest.mark.parametrize("handover", ["health", "wait"])
def test_labels_that_change_are_told_where_no_director_can_be(handover: Literal["health", "wait"]) -> None:
    """Traefik drops a router that two containers define differently; a director would hold the edge."""
    before = _ROUTED.labels | {"traefik.http.routers.web.middlewares": "limit"}
    service = replace(_ROUTED, health_test=_LABELLED.health_test)
    told = {
        override: choose_handover(service, project="id", facts=_EDGE, override=override, before=before).may_lose
        for override in (handover, None)
    }
    assert "routes to neither" in told[handover]
    assert told[None] == ""
    port = _ROUTED.labels | {"traefik.http.services.web.loadbalancer.server.port": "8080"}
    same = choose_handover(service, project="id", facts=_EDGE, override=handover, before=port)
    assert "neither" not in same.may_lose, "servers are merged"


def test_other_protocols_are_told() -> None:
    """HTTP passes over without loss, a TCP router's connections do not."""
    service = replace(_ROUTED, labels=_ROUTED.labels | {"traefik.tcp.routers.mail.rule": "HostSNI(`*`)"})
    chosen = choose_handover(service, project="id", facts=_EDGE)
    assert chosen.handover == "director"
    assert "TCP router mail" in chosen.may_lose


def test_what_is_not_routed_hands_over_by_name() -> None:
    """No Traefik, no label, or one that is not exposed: whoever asks by name may notice."""
    hidden = replace(_EDGE, exposed_by_default=False)
    unsaid = {key: value for key, value in _ROUTED.labels.items() if key != "traefik.enable"}
    for service, facts in ((_ROUTED, None), (_LABELLED, _EDGE), (replace(_ROUTED, labels=unsaid), hidden)):
        chosen = choose_handover(service, project="id", facts=facts)
        assert chosen.handover == "wait"
        assert "by name" in chosen.may_lose


def test_the_operators_order_is_heard() -> None:
    """But a director that cannot be is not made."""
    assert choose_handover(_ROUTED, project="id", facts=_EDGE, override="wait").handover == "wait"
    marked = replace(_ROUTED, health_test=_LABELLED.health_test)
    assert choose_handover(marked, project="id", facts=_EDGE, override="health").handover == "health"
    old = replace(_EDGE, version="2.9")
    assert choose_handover(_ROUTED, project="id", facts=old, override="director").handover == "wait"


@pytest.mark.parametrize(
    ("test", "file"),
    [
        (("CMD-SHELL", "test ! -f /run/drain && curl -f http://x"), "/run/drain"),
        (("CMD-SHELL", "[ ! -e '/run/drain' ] && true"), "/run/drain"),
        (("CMD-SHELL", "! test -f /run/d.x; true"), "/run/d.x"),
        (("CMD", "curl", "-f", "/run/drain"), ""),
        (("CMD-SHELL", "test -f /ready"), ""),
        ((), ""),
    ],
)
def test_the_file_that_makes_a_check_fail(test: tuple[str, ...], file: str) -> None:
    """Only a check that wants the file to be absent can be drained."""
    assert drain_file(test) == file


def test_what_a_recreated_service_loses() -> None:
    """Traefik's own restart closes every route; a service that nobody reaches loses nothing."""
    assert "all routes" in lost_in_recreate(Service("traefik", "traefik:v3"), _EDGE)
    assert "gets 1 s to end" in lost_in_recreate(Service("traefik", "traefik:v3"), _EDGE)
    assert "gets 30 s to end" in lost_in_recreate(Service("traefik", "traefik:v3", stop_grace_s=30.0), _EDGE)
    assert "its requests fail" in lost_in_recreate(_ROUTED, _EDGE)
    assert lost_in_recreate(Service("cron", "cron:1"), _EDGE) == ""

"""What an answer is worth while a service has no container that serves."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avnwizard.domain.probing import Answer, Identity, PresenceLog, Route, identify, is_alike, judge, words
from avnwizard.domain.probing.presence import NOTICED_S

ROUTE = Route("risk-tls", "risk", "127.0.0.1", 443, True, "a.test", "/risk", "web-tls", "/avnwizard-asks-who")
OK = Answer(200, {"content-type": "text/plain"}, b"ok")
RISK, WEB = (Answer(200, {"server": name}, name.encode()) for name in ("risk", "web"))
ALIKE = identify(ROUTE, [OK] * 3, [OK] * 3)
APART = identify(ROUTE, [RISK] * 3, [WEB] * 3)


def _log(*serving: frozenset[str] | None) -> PresenceLog:
    """A look a second, each a tenth of a second long."""
    log = PresenceLog()
    for second, found in enumerate(serving):
        log.add(second, second + 0.1, found)
    return log


THERE, GONE = frozenset({"risk", "web"}), frozenset({"web"})


def test_a_service_is_away_from_the_first_look_that_misses_it_to_the_last() -> None:
    """Requests between a look that saw it and one that did not are left to their marks."""
    log = _log(THERE, GONE, GONE, GONE, GONE, GONE, GONE, THERE, THERE)
    seen = [log.presence(("risk",), at + 0.5, at + 0.6) for at in range(8)]
    assert seen == ["there", "leaving", "leaving", "leaving", "away", "away", "there", "there"]
    assert log.presence(("web",), 4.5, 4.6) == "there"


def test_what_is_not_known_is_not_away() -> None:
    """Before the first look, after the last, a look that failed, a route of which nobody knows the service."""
    log = _log(GONE, GONE, None, GONE, GONE)
    assert log.presence(("risk",), -1.0, 0.5) == "there"
    assert log.presence(("risk",), 3.5, 5.0) == "there"
    assert log.presence(("risk",), 1.5, 2.5) == "there"
    assert log.presence((), 3.2, 3.3) == "there"
    assert log.presence(("risk",), 3.2, 3.3) == "leaving"


def test_one_of_several_services_is_enough() -> None:
    """A router that two services define is there while one of them serves."""
    log = _log(GONE, GONE, GONE)
    assert log.presence(("risk", "web"), 0.5, 0.6) == "there"
    assert log.presence(("risk", "other"), 0.5, 0.6) == "leaving"


@given(st.lists(st.sampled_from([THERE, GONE, None]), min_size=2, max_size=30), st.floats(0, 29), st.floats(0, 5))
def test_a_look_that_saw_it_during_a_request_keeps_it(
    looks: list[frozenset[str] | None], due_s: float, takes_s: float
) -> None:
    """A surge is never away: whatever else was seen, one look during the request that saw it serve is enough."""
    log = _log(*looks)
    seen_then = any(
        found and "risk" in found and due_s <= at and at + 0.1 <= due_s + takes_s for at, found in enumerate(looks)
    )
    if seen_then:
        assert log.presence(("risk",), due_s, due_s + takes_s) == "there"


def test_the_log_does_not_grow() -> None:
    """Hours of looks fit, and the last minute can be asked for."""
    log = PresenceLog()
    for look in range(20_000):
        log.add(look / 4, look / 4, GONE)
    assert len(log._looks) < 300
    assert log.presence(("risk",), 4_999.0, 4_999.5) == "away"


def test_what_answers_like_the_service_is_lost_while_it_is_away() -> None:
    """Seen: the catch-all's answers to `/risk` counted as answered, as nothing told them from the service's own."""
    assert not ALIKE.is_told_apart
    assert is_alike(ROUTE, ALIKE)
    assert judge(OK, ALIKE, ROUTE) == "answered"
    assert judge(OK, ALIKE, ROUTE, "leaving") == "misrouted"
    assert judge(OK, ALIKE, ROUTE, "away") == "misrouted"


def test_marks_decide_until_traefik_has_noticed() -> None:
    """A container that turned unhealthy a moment ago may still answer; for how long, is known."""
    assert not is_alike(ROUTE, APART)
    assert judge(RISK, APART, ROUTE, "leaving") == "answered"
    assert judge(WEB, APART, ROUTE, "leaving") == "misrouted"
    assert judge(Answer(204), APART, ROUTE, "leaving") == "misrouted"
    assert judge(RISK, APART, ROUTE, "away") == "misrouted"
    assert 2.0 < NOTICED_S < 5.0


@pytest.mark.parametrize("presence", ["there", "leaving", "away"])
def test_a_failure_keeps_its_kind(presence: str) -> None:
    """A request that broke off or timed out is counted as that, whoever was there."""
    assert judge("timeout", APART, ROUTE, presence) == "timeout"  # type: ignore[arg-type]  # by the parameters
    assert judge(Answer(502, {}, b"Bad Gateway"), APART, ROUTE, presence) == "502"  # type: ignore[arg-type]  # as above


def test_a_redirection_by_the_edge_does_not_tell_services_apart() -> None:
    """A middleware sends HTTP on to HTTPS for every service: the same answer, but for the path that it repeats."""

    def redirected(route: Route) -> Answer:
        return Answer(308, {"location": f"https://{route.host}{route.path}"}, b"Permanent Redirect")

    for path in ("/risk", "/", "/json"):
        route = replace(ROUTE, path=path)
        identity = identify(route, [redirected(route)] * 3, [redirected(route.asking_next)] * 3)
        assert identity.answers
        assert is_alike(route, identity)


def test_a_path_that_is_in_a_header_by_chance_does_not_tell_services_apart() -> None:
    """`/json` is in `application/json` of both services."""
    route = replace(ROUTE, path="/json")
    said = Answer(200, {"content-type": "application/json"}, b"{}")
    assert is_alike(route, identify(route, [said] * 3, [said] * 3))


def test_traefiks_404_is_nobodys_mark() -> None:
    """The next rule's own service was away when it was asked: how it answers is not known."""
    gone = Answer(404, {"content-type": "text/plain; charset=utf-8"}, b"404 page not found\n")
    assert is_alike(ROUTE, identify(ROUTE, [RISK] * 3, [gone] * 3))


def test_who_cannot_be_told_from_whom_is_said() -> None:
    """In the run and in the report, one sentence for each service that would answer in their place."""
    assert words.alike({"risk-tls": "web-tls"}) == [
        "risk-tls: its answers look the same as web-tls's; only the containers show when the service is away"
    ]
    assert words.alike({"b": "web", "a": "web"}) == [
        "a, b: their answers look the same as web's; only the containers show when the service is away"
    ]
    assert words.alike({}) == []


def test_a_route_without_a_next_rule_is_never_alike() -> None:
    """Nothing but Traefik's own 404 would answer, which is always recognised."""
    assert not is_alike(replace(ROUTE, next="", decoy=""), Identity((200,)))

"""The probe's judgement and its counting: who answered, what was lost and how, in bounded memory."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avnwizard.domain.probing import (
    Answer,
    Identity,
    Outcome,
    Route,
    Tally,
    identify,
    judge,
    numbers,
    tally_from,
    together,
)
from avnwizard.domain.probing.histogram import Histogram
from avnwizard.domain.probing.schedule import Schedule

ROUTE = Route("api", "gateway", "127.0.0.1", 80, False, "a.test", "/api", "web", "/avnwizard-asks-who")
NOT_FOUND = Answer(404, {"content-type": "text/plain; charset=utf-8"}, b"404 page not found\n")


def _said(service: str, version: str, path: str, status: int = 200) -> Answer:
    body = json.dumps({"service": service, "version": version, "container": f"{service}-{version}", "path": path})
    return Answer(status, {"content-type": "application/json", "date": version}, body.encode())


def _identity(*mine: Outcome, decoys: tuple[Outcome, ...] = ()) -> Identity:
    return identify(
        ROUTE, mine or (_said("gateway", "v1", "/api"),) * 3, decoys or (_said("web", "v1", ROUTE.decoy),)
    )


def test_a_new_release_is_not_a_loss() -> None:
    """Another version in another container, with other headers and another status, is still the same service."""
    identity = _identity()
    assert judge(_said("gateway", "v2", "/api"), identity, ROUTE) == "answered"
    assert judge(_said("gateway", "v2", "/api", 201), identity, ROUTE) == "answered"


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_answer_of_the_next_rule_is_misrouted(version: str) -> None:
    """The console's 200 to /api is lost, whether the console was rolled yet or not, though it repeats the path."""
    assert judge(_said("web", version, "/api"), _identity(), ROUTE) == "misrouted"


def test_traefiks_own_404_is_misrouted() -> None:
    """No router at all: Traefik's words, unless it answered so before, where nothing is learned."""
    assert judge(NOT_FOUND, _identity(), ROUTE) == "misrouted"
    assert not identify(ROUTE, [NOT_FOUND] * 3, []).answers


def test_the_apps_own_fault_of_before_is_an_answer() -> None:
    """A 503 that the app gave before the roll is no loss; Traefik's 503, and a 500 that is new, are."""
    ill = Answer(503, {"server": "gateway"}, b"maintenance window")
    identity = _identity(ill, ill, ill)
    assert judge(ill, identity, ROUTE) == "answered"
    assert judge(Answer(503, {}, b"no available server\n"), identity, ROUTE) == "503"
    assert judge(Answer(500, {"server": "gateway"}), identity, ROUTE) == "5xx"
    assert judge(Answer(502, {}, b"Bad Gateway"), _identity(), ROUTE) == "502"
    assert judge(Answer(504, {}, b"Gateway Timeout"), _identity(), ROUTE) == "504"


@pytest.mark.parametrize("failure", ["refused", "reset", "timeout"])
def test_what_never_answered_is_lost_by_its_kind(failure: Outcome) -> None:
    """A failure is its own kind, and nothing is learned from it."""
    assert judge(failure, _identity(), ROUTE) == failure
    assert not identify(ROUTE, [failure], []).answers


def test_what_cannot_be_told_apart_is_known() -> None:
    """Two services that say the very same: misrouting would not be noticed, and the identity says so."""
    same = Answer(200, {"content-type": "text/html"}, b"<h1>hello</h1>")
    identity = _identity(same, same, decoys=(same,))
    assert identity.answers
    assert not identity.is_told_apart
    assert judge(same, identity, ROUTE) == "answered"


def test_a_limited_rate_is_no_loss() -> None:
    """429 may be the probe's own doing: it is counted apart."""
    assert judge(Answer(429, {}, b"Too Many Requests"), _identity(), ROUTE) == "429"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(400, "400"), (401, "401"), (403, "403"), (404, "404"), (418, "4xx"), (302, "redirected"), (204, "answered")],
)
def test_what_users_did_not_get_before_is_counted_apart(status: int, verdict: str) -> None:
    """H19: the right service answers, and locks everybody out."""
    assert judge(_said("gateway", "v2", "/api", status), _identity(), ROUTE) == verdict
    tally = Tally()
    tally.count(judge(_said("gateway", "v2", "/api", status), _identity(), ROUTE), due_s=1, ended_s=1.1)
    found = numbers(tally_from(json.loads(json.dumps(tally.to_json()))))
    expected = {} if verdict == "answered" else {verdict: 1}
    assert (found["answered"], found["lost"], found["turned"]) == (1, 0, expected)


def test_what_was_so_before_is_as_before() -> None:
    """A login's redirection, a 401, a health check that complained already; and what turns better is no harm."""
    for status in (302, 401, 403, 404):
        before = _said("gateway", "v1", "/api", status)
        identity = _identity(before, before)
        assert judge(_said("gateway", "v2", "/api", status), identity, ROUTE) == "answered"
    identity = _identity(*(_said("gateway", "v1", "/api", 302),) * 2)
    assert judge(_said("gateway", "v2", "/api", 200), identity, ROUTE) == "answered"
    assert judge(_said("gateway", "v2", "/api", 303), identity, ROUTE) == "answered"


def test_an_open_door_is_seen() -> None:
    """Where credentials were asked for, an answer without them is not what it was."""
    identity = _identity(*(_said("gateway", "v1", "/api", 401),) * 2)
    assert judge(_said("gateway", "v2", "/api", 200), identity, ROUTE) == "let in"


@pytest.mark.parametrize("body", [b'{"service":"gateway","status":"degraded"}', b"gateway: unhealthy"])
def test_a_health_check_that_complains_is_seen(body: bytes) -> None:
    """200 with a short body that says that something is wrong, unless it said so before."""
    ill = Answer(200, {"content-type": "application/json"}, body)
    assert judge(ill, _identity(), ROUTE) == "degraded"
    assert judge(ill, _identity(ill, ill), ROUTE) == "answered"
    page = Answer(200, {"content-type": "text/html"}, b"<p>gateway: error pages</p>")
    assert judge(page, _identity(), ROUTE) in {"answered", "changed"}


def test_something_new_is_an_answer_and_told() -> None:
    """Neither its own marks nor the next rule's: counted as answered, and as changed."""
    assert judge(Answer(204, {"x-new": "1"}), _identity(), ROUTE) == "changed"


@given(st.lists(st.floats(min_value=0.1, max_value=60_000), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_a_percentile_is_right_within_a_bucket(latencies: list[float], share: float) -> None:
    """At least that share of the latencies lies at or below it, and the one there is at most 5 % smaller."""
    histogram = Histogram()
    for one in latencies:
        histogram.add(one)
    found = histogram.percentile(share)
    below = [one for one in latencies if one <= found * 1.000001]
    assert len(below) >= share * len(latencies) - 1e-6
    assert max(below) >= found / 1.0501 or found <= 0.1


def test_a_tally_counts_by_kind_and_knows_its_longest_gap() -> None:
    """One request a second; the fourth and fifth are lost: two seconds beyond the schedule without an answer."""
    tally = Tally()
    for second in range(8):
        tally.count("502" if second in {3, 4} else "answered", due_s=second, ended_s=second + 0.01)
    found = numbers(tally)
    assert (found["sent"], found["answered"], found["lost"], found["kinds"]) == (8, 6, 2, {"502": 2})
    assert found["longest_gap_ms"] == pytest.approx(2000)
    assert found["p50_ms"] == pytest.approx(10, rel=0.06)


def test_counting_goes_on_after_a_crash() -> None:
    """What is read back goes on from there, and the time in between is no gap."""
    first = Tally()
    first.count("answered", due_s=1, ended_s=1.2)
    first.count("reset", due_s=2, ended_s=2.1)
    again = tally_from(json.loads(json.dumps(first.to_json())))
    again.count("answered", due_s=900, ended_s=900.1)
    assert numbers(again)["kinds"] == {"reset": 1}
    assert (again.sent, again.answered) == (3, 2)
    assert again.gap_ms == first.gap_ms < 2000
    assert together([again, first]).sent == 5


def test_the_schedule_looks_closer_at_what_is_rolled() -> None:
    """Every route in turn; with a focus, every other turn is its service's, and nobody is left out."""
    routes = [Route(name, name, "", 0, False, "h", "/") for name in "abc"]
    schedule = Schedule(routes, 20)
    assert [schedule.next().name for _ in range(6)] == list("abcabc")
    schedule.focus("c")
    turns = [schedule.next().name for _ in range(12)]
    assert turns.count("c") == 8
    assert set(turns) == {"a", "b", "c"}
    schedule.focus("nobody")
    assert {schedule.next().name for _ in range(3)} == {"a", "b", "c"}

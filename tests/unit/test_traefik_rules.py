"""Rules are read as Traefik reads them, and each tells a request that reaches its router."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avnwizard.domain.traefik.rules import Request, matches, parse_rule, requests_for, why_not
from avnwizard.errors import UsageError


@pytest.mark.parametrize(
    ("rule", "host", "path"),
    [
        ("Host(`id.example.com`)", "id.example.com", "/"),
        ('Host("ID.example.com") && PathPrefix("/api")', "id.example.com", "/api"),
        ("Host(`a.test`, `b.test`)", "a.test", "/"),
        ("(Host(`a.test`) || Host(`b.test`)) && !PathPrefix(`/`)|| Host(`c.test`)", "c.test", "/"),
        ("Host(`a.test`) && (Path(`/x`) || PathPrefix(`/y/z`))", "a.test", "/x"),
        ("PathPrefix(`/hooks`)", "localhost", "/hooks"),
        ("Host(`a.test`) && Method(`GET`, `POST`)", "a.test", "/"),
        ("Host(`a.test`) && !PathPrefix(`/private`)", "a.test", "/"),
        ("Host(`a.test`) && PathPrefix(`/`) && PathPrefix(`/deep/er`)", "a.test", "/deep/er"),
    ],
)
def test_a_rule_tells_a_request_that_it_matches(rule: str, host: str, path: str) -> None:
    """The request is made of the rule's own host and path, and the rule matches it."""
    read = parse_rule(rule)
    assert requests_for(read)[0] == Request(host, path)
    assert matches(read, Request(host, path)) is True
    assert why_not(read) == ""


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("Host(`a.test`) && Method(`POST`)", "no host and path"),
        ("HostRegexp(`^.+\\.a\\.test$`)", "hostregexp"),
        ("Host(`a.test`) && Header(`Upgrade`, `websocket`)", "header"),
        ("Host(`a.test`) && ClientIP(`10.0.0.0/8`)", "clientip"),
        ("!Host(`localhost`)", "no host and path"),
    ],
)
def test_what_a_plain_get_cannot_reach_is_said(rule: str, said: str) -> None:
    """No request is made up where host and path do not decide."""
    read = parse_rule(rule)
    assert requests_for(read) == ()
    assert said in why_not(read)


@pytest.mark.parametrize(
    "rule",
    [
        "(" * 100_000,
        "!" * 100_000,
        "Host(`a`) && " * 10_000 + "Host(`b`)",
        "",
        "Host(`a`",
        "Host(`a`) &&",
        "Host(`a`) Host(`b`)",
        "&& Host(`a`)",
        "Host(a)",
        "Host(`a`))",
        "`a`",
        "#",
    ],
)
def test_what_traefik_would_not_read_is_refused(rule: str) -> None:
    """A malformed rule is one clear error, which does not repeat it."""
    with pytest.raises(UsageError, match="no rule that Traefik reads"):
        parse_rule(rule)


@given(st.text(alphabet='Host(`a.b`)&|! PathPrefix"/,', max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is a rule or a `UsageError`, and what is read can be judged."""
    try:
        rule = parse_rule(text)
    except UsageError:
        return
    assert matches(rule, Request("a.b", "/")) in {True, False, None}
    assert all(matches(rule, request) for request in requests_for(rule))


def test_what_cannot_be_told_stays_open() -> None:
    """An address of a client decides nothing here; a part that is false still does."""
    assert matches(parse_rule("ClientIP(`10.0.0.1`)"), Request("a", "/")) is None
    assert matches(parse_rule("ClientIP(`10.0.0.1`) && Host(`b`)"), Request("a", "/")) is False
    assert matches(parse_rule("ClientIP(`10.0.0.1`) || Host(`a`)"), Request("a", "/")) is True
    assert matches(parse_rule("HostRegexp(`{sub:[a-z]+}.a`)"), Request("x.a", "/")) is None
    assert matches(parse_rule("PathRegexp(`^/v[0-9]+/`)"), Request("a", "/v2/x")) is True

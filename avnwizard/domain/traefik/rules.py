"""A router's rule: what it matches, and which request would reach it (Traefik v3's matchers; v2's where alike)."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from avnwizard.errors import UsageError

_TOKEN = re.compile(r"\s*(?:(&&|\|\||[!(),])|`([^`]*)`|\"((?:[^\"\\]|\\.)*)\"|([A-Za-z]+))")
_MOST_WAYS = 16
"""Alternatives of one rule that are looked at."""
_DEEPEST, _LONGEST = 50, 20_000
"""Beyond it a rule is not read: nobody writes `((((` fifty times, and Python would not follow it for ever."""


@dataclass(frozen=True)
class Request:
    """A GET as a rule sees it. `host` is lower case, without a port."""

    host: str
    path: str


@dataclass(frozen=True)
class Matcher:
    """One matcher, such as Host(`id.example.com`)."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Not:
    """What its part does not match."""

    part: "Rule"


@dataclass(frozen=True)
class Both:
    """What every part matches."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class Either:
    """What any part matches."""

    parts: tuple["Rule", ...]


Rule = Matcher | Not | Both | Either


def parse_rule(text: str) -> Rule:
    """Read a rule.

    Raises:
        UsageError: Traefik would not read it either.
    """
    return _Reader(text).whole()


def matches(rule: Rule, request: Request) -> bool | None:
    """Whether a GET matches; None where that cannot be known from host and path (ClientIP, an odd expression)."""
    match rule:
        case Matcher():
            return _judge(rule, request)
        case Not():
            inner = matches(rule.part, request)
            return None if inner is None else not inner
        case Both():
            found = [matches(part, request) for part in rule.parts]
            return False if False in found else None if None in found else True
        case Either():
            found = [matches(part, request) for part in rule.parts]
            return True if True in found else None if None in found else False


def requests_for(rule: Rule) -> tuple[Request, ...]:
    """GETs that match the rule for certain, the plainest first; () where host and path do not decide it."""
    found: dict[Request, None] = {}
    for way in _ways(rule)[:_MOST_WAYS]:
        request = _request(way)
        if request and matches(rule, request):
            found[request] = None
    return tuple(found)


def why_not(rule: Rule) -> str:
    """Why no GET can be made for a rule, "" when one can."""
    if requests_for(rule):
        return ""
    names = sorted({one.name for way in _ways(rule) for one in way if one.name not in _PLAIN})
    return f"its rule asks for {', '.join(names)}" if names else "no host and path could be read from its rule"


def _ways(rule: Rule) -> list[tuple[Matcher, ...]]:
    """The rule as alternatives of matchers that must all hold; what must not hold is left to `matches`."""
    match rule:
        case Matcher():
            return [(rule,)]
        case Not():
            return [()]
        case Either():
            return [way for part in rule.parts for way in _ways(part)][:_MOST_WAYS]
        case Both():
            ways: list[tuple[Matcher, ...]] = [()]
            for part in rule.parts:
                ways = [(*way, *more) for way in ways for more in _ways(part)][:_MOST_WAYS]
            return ways


def _request(way: tuple[Matcher, ...]) -> Request | None:
    if any(one.name not in _PLAIN or not one.values for one in way):
        return None
    hosts = [one.values[0].lower() for one in way if one.name == "host"]
    paths = [one.values[0] for one in way if one.name in {"path", "pathprefix"}]
    path = max(paths, key=len, default="/")
    return Request(hosts[0] if hosts else "localhost", path if path.startswith("/") else "/" + path)


_PLAIN = frozenset({"host", "path", "pathprefix", "method"})


def _judge(one: Matcher, request: Request) -> bool | None:
    judge = _JUDGES.get(one.name)
    if judge is None:
        return False if one.name in {"header", "headers", "query", "headerregexp", "queryregexp"} else None
    found = [judge(value, request) for value in one.values]
    return True if True in found else None if None in found else False


def _search(pattern: str, text: str) -> bool | None:
    if "{" in pattern.partition(":")[0]:
        return None  # v2's named groups
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return None  # Go knows it, Python does not


_JUDGES: dict[str, Callable[[str, Request], bool | None]] = {
    "host": lambda value, request: value.lower().rstrip(".") == request.host.rstrip("."),
    "hostregexp": lambda value, request: _search(value, request.host),
    "path": lambda value, request: value == request.path,
    "pathprefix": lambda value, request: request.path.startswith(value),
    "pathregexp": lambda value, request: _search(value, request.path),
    "method": lambda value, _request: value.upper() == "GET",
}


class _Reader:
    """Recursive descent: `||` binds least, then `&&`, then `!`."""

    def __init__(self, text: str) -> None:
        self._words = _words(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Rule:
        rule = self._either()
        if self._next() is not None:
            raise _malformed()
        return rule

    def _either(self) -> Rule:
        parts = [self._both()]
        while self._take("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Rule:
        parts = [self._one()]
        while self._take("&&"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self) -> Rule:
        if self._take("!"):
            with self._deeper():
                return Not(self._one())
        if self._take("("):
            with self._deeper():
                rule = self._either()
            self._must(")")
            return rule
        kind, name = self._next() or ("", "")
        if kind != "name":
            raise _malformed()
        self._at += 1
        self._must("(")
        values: list[str] = []
        while (word := self._next()) and word[0] == "value":
            values.append(word[1])
            self._at += 1
            if not self._take(","):
                break
        self._must(")")
        return Matcher(name.lower(), tuple(values))

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _malformed()
        yield
        self._depth -= 1

    def _next(self) -> tuple[str, str] | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def _take(self, sign: str) -> bool:
        there = self._next() == ("sign", sign)
        self._at += there
        return there

    def _must(self, sign: str) -> None:
        if not self._take(sign):
            raise _malformed()


def _words(text: str) -> list[tuple[str, str]]:
    words, at = [], 0
    if len(text) > _LONGEST:
        raise _malformed()
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise _malformed()
        sign, ticked, quoted, name = found.groups()
        if sign:
            words.append(("sign", sign))
        elif name:
            words.append(("name", name))
        else:
            words.append(("value", ticked if ticked is not None else quoted.replace('\\"', '"')))
        at = found.end()
    return words


def _malformed() -> UsageError:
    return UsageError("This is no rule that Traefik reads.", "Look at the router's rule in the compose file.")

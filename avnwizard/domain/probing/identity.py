"""Who answered: a router that is gone is not an error to HTTP, since Traefik hands its requests to the next rule.

A status says nothing then (the console answers 200 to everything), and a new release may change status, headers
and body. So each answer is compared with what its own service and the next rule's said before the roll. Marks (the
status, each header's name, each header with its value, each word of the body) that all answers of the one share and
none of the other are what distinguishes them; an answer that has more of the other's marks than of its own is
another service's. A new release keeps some of its own marks (its name, its server header, its cookies) and hardly
takes on another's. Where the two say the same, only the containers tell (`presence`).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote

from avnwizard.domain.probing.presence import Presence
from avnwizard.domain.probing.route import Answer, Loss, Outcome, Route, Turned
from avnwizard.domain.traefik.holding import is_held

Verdict = Literal["answered", "changed", "excused"] | Turned | Loss
"""`changed`: an answer with none of its own marks and none of the next rule's; it is answered, as `Turned` is.
`excused`: held for as long as `[roll] hold_s` says, and then asked to come back (`Retry-After`)."""
TURNED: frozenset[str] = frozenset(get_args(Turned))
LOST: frozenset[str] = frozenset(get_args(Loss))

_WORD = re.compile(rb"[A-Za-z0-9_.-]{2,80}")
_MOST_WORDS = 400
_VOLATILE = frozenset(
    {"date", "age", "content-length", "connection", "expires", "last-modified", "etag", "set-cookie"}
)
_SERVER_FAULT, _TOO_MANY = 500, 429
_REDIRECTION, _CLIENT_FAULT = 300, 400
_BY_NUMBER: dict[int, Turned] = {400: "400", 401: "401", 403: "403", 404: "404", 429: "429"}
_CLOSED = frozenset({401, 403})
_ILL = frozenset(
    {b"degraded", b"unhealthy", b"down", b"error", b"failed", b"failing", b"maintenance", b"unavailable"}
)
"""What a short answer, such as a health check's, says when all is not well."""
_SHORT_BYTES = 600
_GATEWAY_FAULTS: dict[int, Loss] = {502: "502", 503: "503", 504: "504"}
_NO_ROUTER = (404, b"404 page not found")
_NO_SERVER = (503, b"no available server")
"""Traefik's own words (v3: `http.NotFound`, `healthcheck`/`wrr` balancers)."""


@dataclass(frozen=True)
class Identity:
    """The marks of one route's answers.

    Attributes:
        statuses: seen at the baseline; () where it did not answer.
        own: marks that its every answer had and no answer of the next rule's.
        other: the reverse. Marks are hashed, so that nothing of an answer is kept.
        echoes: how often the next rule's answers repeat each word of the path that they were asked.
        ill: words of trouble that its short answers had already.
    """

    statuses: tuple[int, ...] = ()
    own: frozenset[str] = frozenset()
    other: frozenset[str] = frozenset()
    echoes: int = 0
    ill: frozenset[str] = frozenset()

    @property
    def answers(self) -> bool:
        """Whether it answered before the roll, so that silence is a loss."""
        return bool(self.statuses)

    @property
    def is_told_apart(self) -> bool:
        """Whether an answer of the next rule's would be noticed."""
        return bool(self.other)


def identify(route: Route, mine: Iterable[Outcome], decoys: Iterable[Outcome]) -> Identity:
    """Learn a route from answers at its own path and at its decoy's.

    A 502, 503 or 504 that is Traefik's own, or Traefik's own 404, is no answer.
    """
    answers = [one for one in mine if isinstance(one, Answer)]
    if not answers or any(_is_traefiks(one) for one in answers):
        return Identity()
    others = [one for one in decoys if isinstance(one, Answer) and not _is_traefiks(one)]
    echoes = max((min(_words(one)[word] for word in _asked(route.decoy)) for one in others), default=0)
    mine_marked = [_marks(one, route, route, echoes) for one in answers]
    theirs_marked = [_marks(one, route.asking_next, route, echoes) for one in others]
    own = frozenset.intersection(*mine_marked) - frozenset[str]().union(*theirs_marked)
    other = frozenset.intersection(*theirs_marked) - frozenset[str]().union(*mine_marked) if others else frozenset()
    ill = frozenset[str]().union(*(_ill(one) for one in answers))
    return Identity(tuple(sorted({one.status for one in answers})), own, other, echoes, ill)


def is_alike(route: Route, identity: Identity) -> bool:
    """Whether a route's answers cannot be distinguished from those of the router that would answer in its place."""
    return bool(route.next) and identity.answers and not identity.is_told_apart


def judge(outcome: Outcome, identity: Identity, route: Route, presence: Presence = "there") -> Verdict:
    """Whether a request was answered by the service that it was meant for, or how it was lost.

    Args:
        presence: of the route's services meanwhile. While they are away, whatever answers is another one.
    """
    if not isinstance(outcome, Answer):
        return outcome
    if outcome.status >= _SERVER_FAULT and (outcome.status not in identity.statuses or _is_traefiks(outcome)):
        return "excused" if is_held(outcome.headers) else _GATEWAY_FAULTS.get(outcome.status, "5xx")
    if presence == "away" and not is_held(outcome.headers):
        return "misrouted"
    turned = _turned(outcome, identity)
    if turned == "429":
        return turned  # the edge limits the rate, which may be the probe's doing
    seen = _marks(outcome, route, route, identity.echoes)
    own, other = _share(identity.own, seen), _share(identity.other, seen)
    proven = identity.is_told_apart and own > 0
    doubted = presence == "leaving" and not proven and not is_held(outcome.headers)
    if _is_traefiks(outcome) or other > own or doubted:
        return "misrouted"
    return turned or ("changed" if identity.own and not own else "answered")


def _turned(answer: Answer, identity: Identity) -> Turned | None:
    """How an answer of the route's own service is not what users got before; None where it is, or is no worse."""
    status = answer.status
    if status in identity.statuses or not identity.statuses:
        return "degraded" if _ill(answer) - identity.ill else None
    if status >= _CLIENT_FAULT:
        return _BY_NUMBER.get(status, "4xx") if status < _SERVER_FAULT else None
    if status >= _REDIRECTION:
        return None if any(_REDIRECTION <= was < _CLIENT_FAULT for was in identity.statuses) else "redirected"
    return "let in" if _CLOSED.issuperset(identity.statuses) else None


def _ill(answer: Answer) -> frozenset[str]:
    """Words of trouble in a short answer that is no page for people, as marks."""
    if len(answer.body) > _SHORT_BYTES or "html" in answer.headers.get("content-type", ""):
        return frozenset()
    return frozenset(word.decode() for word in _ILL.intersection(_words(answer)))


def _marks(answer: Answer, asked: Route, route: Route, echoes: int) -> frozenset[str]:
    """What is characteristic of an answer; what merely repeats the request does not count.

    Args:
        asked: the request: the route's own, or the one to the next rule.
        echoes: how often a word of the request does not count.
    """
    found = {f"status {answer.status}".encode()}
    repeated = _repeated(route)
    for name, value in answer.headers.items():
        found.add(f"header {name}".encode())
        if name not in _VOLATILE:
            found.add(f"header {name}: {_without(value, repeated)}".encode("utf-8", "replace"))
    if "set-cookie" in answer.headers:
        found.add(b"cookie " + answer.headers["set-cookie"].partition("=")[0].encode("utf-8", "replace"))
    words = {*_asked(asked.host), *_asked(asked.path)}
    found |= {b"word " + word for word, times in _words(answer).items() if word not in words or times > echoes}
    return frozenset(hashlib.blake2b(mark, digest_size=6).hexdigest() for mark in found)


def _repeated(route: Route) -> list[str]:
    """Both requests as a header may repeat them, such as a redirection to the same place by TLS; the longest first.

    Whichever was sent: else a path that is in a header by chance ("/json") would tell the two services apart.
    """
    requests = (route, route.asking_next)
    plain = {text for each in requests for text in (each.host + each.path, each.path) if len(text) > 1}
    return sorted(plain | {quote(text, safe="") for text in plain}, key=lambda text: (-len(text), text))


def _without(text: str, parts: Iterable[str]) -> str:
    for part in parts:
        text = text.replace(part, "\0")
    return text


def _words(answer: Answer) -> Counter[bytes]:
    return Counter(word.lower() for word in _WORD.findall(answer.body)[:_MOST_WORDS])


def _asked(text: str) -> list[bytes]:
    return [word.lower() for word in _WORD.findall(text.encode())]


def _share(wanted: frozenset[str], seen: frozenset[str]) -> float:
    return len(wanted & seen) / len(wanted) if wanted else 0.0


def _is_traefiks(answer: Answer) -> bool:
    words = answer.body.strip().lower()
    return (answer.status, words) in {_NO_ROUTER, _NO_SERVER} or (
        answer.status in _GATEWAY_FAULTS and words in {b"bad gateway", b"gateway timeout", b"service unavailable"}
    )

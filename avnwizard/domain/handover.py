"""How the requests of a service pass from its old containers to the new ones, and what may be lost on the way."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.edge import EdgeFacts
from avnwizard.domain.host import DEFAULT_GRACE_S, Service
from avnwizard.domain.traefik.director import why_not
from avnwizard.domain.traefik.labels import TraefikLabels, clash, read_labels

Handover = Literal["director", "health", "wait"]
"""`director`: Traefik is made to use the new ones alone, then the old end. `health`: the old ones are made to fail
their health check, so Traefik leaves them. `wait`: the old ones end once their connections are quiet."""

_DRAIN_FILE = re.compile(r"(?:!\s*(?:test|\[)\s+-[ef]|(?:test|\[)\s+!\s+-[ef])\s+['\"]?(/[\w./-]+)")
_EDGE_GRACE_S = 1.0
_TRAEFIK_LAG = "some requests may fail for up to 2 s: Traefik hears of a container's end only when it has ended"
_CLASH = (
    "its labels change: Traefik routes to neither from the moment when the new one is healthy until the old one has "
    "ended and it has looked again (about 2 s)"
)
_BY_NAME = "calls by name inside the stack may fail for an instant, where the caller does not try twice"


@dataclass(frozen=True)
class HandoverChoice:
    """A handover with the reason and the warning that the operator reads; `may_lose` is "" for nothing."""

    handover: Handover
    reason: str
    may_lose: str = ""


def choose_handover(
    service: Service,
    *,
    project: str,
    facts: EdgeFacts | None,
    default_rule: str = "",
    by_name: bool = False,
    override: Handover | None = None,
    before: Mapping[str, str] | None = None,
) -> HandoverChoice:
    """How a surge hands over.

    Args:
        facts: the Traefik that runs, None where none does.
        default_rule: the rule that it gives to this service where the labels have none, as far as known.
        by_name: whether other services depend on it, and so may ask it by its name, past Traefik.
        override: what the operator orders; an order for a director that cannot be is not heard.
        before: the labels of the containers that serve now, where there are any.
    """
    labels = read_labels(service.labels)
    if not facts or not labels.is_routed(exposed_by_default=facts.exposed_by_default):
        return HandoverChoice("wait", "no route leads to it", _BY_NAME if service.networks else "")
    no_director = facts.why_no_director or why_not(
        labels, service=service.name, project=project, default_rule=default_rule
    )
    beside = _both(_other_protocols(labels), _BY_NAME if by_name else "")
    if not no_director and override in {None, "director"}:
        return HandoverChoice("director", "Traefik is sent to the new ones before the old ones end", beside)
    said = "as you ordered" if override else f"no director: {no_director}"
    if before is not None and clash(before, service.labels):
        beside = _both(_CLASH, beside)
    if override != "wait" and drain_file(service.health_test):
        return HandoverChoice("health", f"{said}; the old ones leave Traefik by their health check", beside)
    return HandoverChoice("wait", said, _both(_TRAEFIK_LAG, beside))


def lost_in_recreate(service: Service, facts: EdgeFacts | None, held: float = 0.0) -> str:
    """What is away while a service is recreated; "" for one that nobody asks.

    Args:
        held: for how many seconds a director holds its requests; 0 where none can, or shall.
    """
    if facts and facts.service == service.name:
        grace_s = recreate_grace_s(service, facts)
        return (
            "all routes are down while Traefik restarts, for a second or two: its host port can have one "
            "owner only. Its image is here by then, nothing else is touched meanwhile, and what is under way "
            f"(answers, streams) gets {grace_s:.0f} s to end, since it takes no new request until it has ended"
        )
    routed = read_labels(service.labels).is_routed(exposed_by_default=facts.exposed_by_default if facts else None)
    if routed and held:
        return (
            f"its requests wait in Traefik from its stop until it answers again, for about {held:g} s; "
            "what it was answering at its stop, and calls by its name, fail"
        )
    return "its requests fail from its stop until its first healthy answer" if routed or service.networks else ""


def recreate_grace_s(service: Service, facts: EdgeFacts | None) -> float:
    """How long a container that is replaced in place may take to stop.

    Traefik takes no new connection from SIGTERM on, but waits 10 s for streams (v3.7, `lifeCycle.graceTimeOut`): they
    end with it all the same, and the shorter it waits, the sooner everybody else is served again. What the operator
    has set is kept.
    """
    is_edge = facts is not None and facts.service == service.name
    return _EDGE_GRACE_S if is_edge and service.stop_grace_s == DEFAULT_GRACE_S else service.stop_grace_s


def drain_file(test: Sequence[str]) -> str:
    """The file whose presence makes a health check fail (`test ! -f /tmp/drain && …`); "" where there is none."""
    found = _DRAIN_FILE.search(" ".join(test))
    return found[1] if found else ""


def _other_protocols(labels: TraefikLabels) -> str:
    named = [*(f"TCP router {name}" for name in labels.tcp), *(f"UDP router {name}" for name in labels.udp)]
    return f"connections by its {', '.join(named)} break when the old container ends" if named else ""


def _both(one: str, other: str) -> str:
    return "; ".join(part for part in (one, other) if part)

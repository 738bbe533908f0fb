"""The probe's numbers in words, the same on every screen, in the terminal and in the report."""

from collections.abc import Mapping
from typing import Any

from avnwizard.domain.plain import printable
from avnwizard.domain.probing.route import ProbePlan, Route
from avnwizard.domain.words import count, latency

_KINDS = {"misrouted": "answered by another service"}


def told(found: Mapping[str, Any]) -> str:
    """All of `numbers` in a line: `1,204 sent, 1,200 answered, 4 lost (4 reset); longest gap 0.4 s; …`."""
    return f"{counted(found)}; longest gap {latency(found['longest_gap_ms'])}; {latencies(found)}"


def counted(found: Mapping[str, Any]) -> str:
    """How many, and the lost ones by kind."""
    lost = f"{found['lost']:,} lost" + (f" ({kinds(found)})" if found["lost"] else "")
    other = f", {turned(found)}" if found.get("turned") else ""
    held = f", {found['held']:,} of them after a wait" if found.get("held") else ""
    excused = f", {found['excused']:,} asked to come back" if found.get("excused") else ""
    return f"{found['sent']:,} sent, {found['answered']:,} answered{held}{other}{excused}, {lost}"


def turned(found: Mapping[str, Any]) -> str:
    """How many of the answers were not what users got before: `12 of them not as before (12 403)`."""
    each = sorted(found["turned"].items(), key=lambda item: (-item[1], item[0]))
    kinds_of_it = ", ".join(f"{many:,} {kind}" for kind, many in each)
    return f"{sum(found['turned'].values()):,} of them not as before ({kinds_of_it})"


def kinds(found: Mapping[str, Any]) -> str:
    """The lost ones by kind, most first."""
    each = sorted(found["kinds"].items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{many:,} {kind_told(str(kind))}" for kind, many in each)


def kind_told(kind: str) -> str:
    """How a request was lost, in words."""
    return _KINDS.get(kind) or printable(kind, limit=20)


def alike(found: Mapping[str, str]) -> list[str]:
    """Sentences on the routes whose answers are like those of the router that would answer in their place.

    Args:
        found: router -> that other router.
    """
    told = []
    for other in sorted(set(found.values())):
        names = sorted(name for name, after in found.items() if after == other)
        shown = ", ".join(printable(name, limit=60) for name in names)
        whose = "its answers" if len(names) == 1 else "their answers"
        told.append(f"{shown}: {whose} {_cannot_tell(other)}; only the containers show when the service is away")
    return told


def of_route(plan: ProbePlan, route: Route) -> str:
    """What the plan says of a route that the probe cannot judge as well as others, "" of any other."""
    if route.name in plan.silent:
        return "does not answer now; it is probed only if it answers when the run begins"
    return f"its answers {_cannot_tell(route.next)}" if route.name in plan.alike else ""


def _cannot_tell(router: str) -> str:
    return f"look the same as {printable(router, limit=60)}'s"


def latencies(found: Mapping[str, Any]) -> str:
    """Half of them, and nearly all."""
    return f"p50 {found['p50_ms']:.0f} ms, p99 {found['p99_ms']:.0f} ms"


def planned(plan: ProbePlan) -> str:
    """What the plan says of the probe, in a line."""
    if plan.off:
        return f"not probed: {printable(plan.off, limit=200)}"
    routes = count(len(plan.routes), "route")
    left = f"; {len(plan.left_out)} left out" if plan.left_out else ""
    return f"{routes} asked by GET, {plan.rate:g} requests a second, from the first step to the last{left}"

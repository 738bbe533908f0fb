"""Learn who answers at each route before anything is changed, and look at the end that everyone does again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from avnwizard.domain.probing import Answer, Identity, Outcome, Route, identify, judge
from avnwizard.flows.host import Host

_LOOKS, _PAUSE_S = 3, 0.3
_POLL_S = 1.0
_STEADY = 2
"""So many times in a row each route must answer: behind several replicas one answer proves little."""


def learn(host: Host, routes: Sequence[Route]) -> dict[str, Identity]:
    """Router -> who answers there now, from a few answers of its own and of the rule below it."""
    decoys = [replace(route, path=route.decoy) for route in routes if route.decoy]
    mine: dict[str, list[Outcome]] = {route.name: [] for route in routes}
    others: dict[str, list[Outcome]] = {route.name: [] for route in routes}
    for look in range(_LOOKS):
        if look:
            host.clock.sleep(_PAUSE_S)
        outcomes = host.probe().ask([*routes, *decoys])
        for route, outcome in zip([*routes, *decoys], outcomes, strict=True):
            (mine if route in routes else others)[route.name].append(outcome)
        if not any(isinstance(outcome, Answer) for outcome in outcomes):
            break
    return {route.name: identify(route, mine[route.name], others[route.name]) for route in routes}


def wait_for_all(
    host: Host, routes: Sequence[Route], identities: Mapping[str, Identity], *, limit_s: float
) -> dict[str, str]:
    """Ask until every route answers, as Traefik needs seconds to route after a container is healthy.

    Returns:
        router -> how it failed at last; {} when all answer.
    """
    deadline, steady = host.clock.now() + limit_s, 0
    while True:
        outcomes = host.probe().ask(routes) if routes else ()
        silent: dict[str, str] = {
            route.name: verdict
            for route, outcome in zip(routes, outcomes, strict=True)
            if (verdict := judge(outcome, identities[route.name], route)) not in {"answered", "changed"}
        }
        steady = 0 if silent else steady + 1
        if steady >= _STEADY or not routes:
            return {}
        if host.clock.now() >= deadline and silent:
            return silent
        host.clock.sleep(_POLL_S)

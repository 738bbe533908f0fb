"""Learn who answers at each route before anything is changed, and look at the end that everyone does again."""

from collections.abc import Mapping, Sequence

from avnwizard.domain.probing import TURNED, Answer, Identity, Outcome, Route, Verdict, identify, judge
from avnwizard.errors import HostError
from avnwizard.flows.edge.presence import serving
from avnwizard.flows.host import Host

_LOOKS, _PAUSE_S = 3, 0.3
_POLL_S = 1.0
_TURNED_S = 15.0
"""So long every route may answer, some of them otherwise than before, until that is believed."""
_STEADY = 2
"""So many times in a row each route must answer: behind several replicas one answer proves little."""


def learn(host: Host, routes: Sequence[Route], *, looks: int = _LOOKS) -> dict[str, Identity]:
    """Router -> who answers there now, from a few answers of its own and of the rule below it.

    Nothing is learned of a service that has no container that serves: what answers in its place is another one.
    """
    now = _serving(host)
    there = [route for route in routes if not _is_away(route, now)]
    decoys = [route.asking_next for route in there if route.decoy]
    mine: dict[str, list[Outcome]] = {route.name: [] for route in routes}
    others: dict[str, list[Outcome]] = {route.name: [] for route in routes}
    for look in range(looks):
        if look:
            host.clock.sleep(_PAUSE_S)
        outcomes = host.probe().ask([*there, *decoys])
        for number, (route, outcome) in enumerate(zip([*there, *decoys], outcomes, strict=True)):
            (mine if number < len(there) else others)[route.name].append(outcome)
        if not any(isinstance(outcome, Answer) for outcome in outcomes):
            break
    return {route.name: identify(route, mine[route.name], others[route.name]) for route in routes}


def wait_for_all(
    host: Host, routes: Sequence[Route], identities: Mapping[str, Identity], *, limit_s: float
) -> dict[str, str]:
    """Ask until every route answers, as Traefik needs seconds to route after a container is healthy.

    Returns:
        router -> how it failed at last, lost or turned; {} when all answer as before.
    """
    deadline, steady = host.clock.now() + limit_s, 0
    patience: float | None = None
    while True:
        there = _serving(host)
        outcomes = host.probe().ask(routes) if routes else ()
        silent: dict[str, str] = {
            route.name: verdict
            for route, outcome in zip(routes, outcomes, strict=True)
            if (verdict := _verdict(route, outcome, identities[route.name], there)) not in {"answered", "changed"}
        }
        if silent and TURNED.issuperset(silent.values()):
            patience = patience or host.clock.now() + _TURNED_S
            deadline = min(deadline, patience)
        else:
            patience = None
        steady = 0 if silent else steady + 1
        if steady >= _STEADY or not routes:
            return {}
        if host.clock.now() >= deadline and silent:
            return silent
        host.clock.sleep(_POLL_S if silent else _PAUSE_S)


def _verdict(route: Route, outcome: Outcome, identity: Identity, there: frozenset[str] | None) -> Verdict:
    return judge(outcome, identity, route, "away" if _is_away(route, there) else "there")


def _serving(host: Host) -> frozenset[str] | None:
    """The services that serve now; None where that cannot be seen."""
    try:
        return serving(host)
    except HostError:
        return None


def _is_away(route: Route, there: frozenset[str] | None) -> bool:
    return there is not None and bool(route.services) and not there.intersection(route.services)

"""The practice host's edge: what it loses follows from what its containers do, and from nothing else."""

from collections import Counter

import pytest

from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.probing import Answer, Identity, Outcome, Route, judge
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.flows.edge.baseline import learn
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.waiting import until


class _Probed:
    """Judges what the practice edge settles."""

    def __init__(self, practice: PracticeHost) -> None:
        practice.state.set("speed", 20.0)
        self.host = open_host(practice.project.directory)
        model = self.host.stack.resolve()
        self.routes = plan_probe(model, model, ProbeSection()).routes
        self.identities: dict[str, Identity] = learn(self.host, self.routes)
        self.verdicts: dict[str, Counter[str]] = {route.name: Counter() for route in self.routes}

    def settled(self, route: Route, outcome: Outcome, due_s: float, ended_s: float) -> None:
        """Count."""
        self.verdicts[route.name][judge(outcome, self.identities[route.name], route)] += 1

    def answered(self) -> int:
        """In all."""
        return sum(one["answered"] for one in self.verdicts.values())


@pytest.fixture
def probed(practice_host: PracticeHost) -> _Probed:
    """A practice stack whose ten routes were learned."""
    return _Probed(practice_host)


def test_every_router_of_the_stack_answers(probed: _Probed) -> None:
    """Ten routers, and an answer of each is told from one of the rule below it."""
    assert len(probed.routes) == 10
    assert all(one.answers for one in probed.identities.values())
    assert all(probed.identities[one.name].is_told_apart for one in probed.routes if one.decoy)


def _rolled(probed: _Probed, service: str, *, surge: bool) -> dict[str, Counter[str]]:
    stack = probed.host.stack
    run = probed.host.probe().start(probed.routes, rate=20, settled=probed.settled)
    run.focus(service)
    until(lambda: probed.answered() > 40)
    (old,) = stack.containers(service)
    if surge:
        stack.up(service, scale=2, recreate=False)
        until(lambda: all(one.is_serving for one in stack.containers(service)))
    stack.stop(old.id, grace_s=10)
    stack.remove(old.id)
    if not surge:
        stack.up(service)
    before = probed.answered()
    until(lambda: all(one.is_serving for one in stack.containers(service)) and probed.answered() > before + 80)
    run.stop()
    assert not run.problem
    return probed.verdicts


def test_a_surge_loses_nothing(probed: _Probed) -> None:
    """The new container serves before the old one goes."""
    verdicts = _rolled(probed, "gateway", surge=True)
    assert set().union(*verdicts.values()) == {"answered"}


def test_a_service_that_is_away_loses_what_was_meant_for_it(probed: _Probed) -> None:
    """Its own requests go to the console meanwhile; nobody else's are lost."""
    verdicts = _rolled(probed, "gateway", surge=False)
    assert verdicts["gateway"]["misrouted"] > 10
    assert all(set(one) == {"answered"} for name, one in verdicts.items() if name != "gateway")


def test_without_traefik_everything_is_refused(probed: _Probed) -> None:
    """The edge itself is briefly down: every route loses."""
    (edge,) = probed.host.stack.containers("traefik")
    probed.host.stack.stop(edge.id, grace_s=10)
    assert set(probed.host.probe().ask(probed.routes)) == {"refused"}


def test_a_host_that_no_router_knows_gets_traefiks_404(probed: _Probed) -> None:
    """When docs is gone no rule is left for its host."""
    (docs,) = probed.host.stack.containers("docs")
    probed.host.stack.stop(docs.id, grace_s=10)
    (outcome,) = probed.host.probe().ask([route for route in probed.routes if route.name == "docs"])
    assert isinstance(outcome, Answer)
    assert outcome.status == 404

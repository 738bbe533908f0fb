"""A release whose services answer, and turn users away: counted apart, and no upgrade is done over it unasked."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.probing import Answer, Identity, Outcome, Route
from avnwizard.engine.feed import FeedWriter
from avnwizard.errors import StepError
from avnwizard.flows.edge import memory
from avnwizard.flows.edge.baseline import wait_for_all
from avnwizard.flows.edge.watch import watched
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.ports import EdgeProbe, ProbeRun
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.in_process import carry


class _Closing:
    """The practice edge, behind which one service of the new release says 403 to everybody."""

    def __init__(self, edge: EdgeProbe, service: str, version: str) -> None:
        self._edge, self._marks = edge, (f'"{service}"'.encode(), f'"{version}"'.encode())

    def ask(self, routes: Sequence[Route]) -> tuple[Outcome, ...]:
        """As of now."""
        return tuple(map(self._closed, self._edge.ask(routes)))

    def start(
        self, routes: Sequence[Route], *, rate: float, settled: Callable[[Route, Outcome, float, float], None]
    ) -> ProbeRun:
        """Begin to probe."""
        return self._edge.start(
            routes, rate=rate, settled=lambda route, said, due, ended: settled(route, self._closed(said), due, ended)
        )

    def _closed(self, said: Outcome) -> Outcome:
        if isinstance(said, Answer) and all(mark in said.body for mark in self._marks):
            return replace(said, status=403)
        return said


def _closing(host: Host, service: str, version: str, *, changed: tuple[str, ...] = ()) -> Host:
    probe = host.probe()
    section = ProbeSection(changed=changed)
    return replace(host, probe=lambda: _Closing(probe, service, version), config=replace(host.config, probe=section))


def test_a_release_that_locks_everybody_out_is_not_done(practice_host: PracticeHost) -> None:
    """H19: every container is healthy and every request is answered, with 403; an accepted route goes through."""
    opened = open_host(practice_host.project.directory)
    assert releases.fetch(opened) == ""
    draft = inputs.draft(opened, "v2.0.0")
    prepared = prepare(opened, draft, Answers().accepting(draft.decisions(Answers())))
    run = launch.create_upgrade(opened, prepared)
    (route, *_) = [one for one in prepared.plan.probe.routes if one.service == "gateway"]
    routes = tuple(one.name for one in prepared.plan.probe.routes if one.service == "gateway")
    folder, closing = opened.state.run(run), _closing(opened, "gateway", "v2.0.0")
    with (
        watched(closing, prepared.plan.probe, FeedWriter(folder / "probe.jsonl"), folder, folder),
        pytest.raises(StepError, match=r"Users get another answer than before: .*403, forbidden"),
    ):
        carry(closing, run)
    found = memory.load(opened.files, folder)
    assert found is not None
    assert found.tallies[route.name].turned["403"] > 0
    assert "403" not in found.total.kinds, "an answer is no loss"
    carry(_closing(opened, "gateway", "v2.0.0", changed=routes), run)


def test_another_answer_is_believed_after_a_while(practice_host: PracticeHost) -> None:
    """A service that is still starting may say 401 for a moment: it is asked again before that counts."""
    opened = open_host(practice_host.project.directory)
    route = Route("a", "", "127.0.0.1", 80, False, "a.test", "/")
    said = iter([403, 403, 200, 200])
    edge = _Saying(lambda: next(said))
    host = replace(opened, probe=lambda: edge)
    assert wait_for_all(host, [route], {"a": Identity((200,))}, limit_s=300) == {}
    host = replace(opened, probe=lambda: _Saying(lambda: 403))
    began = opened.clock.now()
    assert wait_for_all(host, [route], {"a": Identity((200,))}, limit_s=3000) == {"a": "403"}
    assert opened.clock.now() - began < 3000, "it does not wait for as long as for a route that is silent"


class _Saying:
    """An edge that answers with a status."""

    def __init__(self, status: Callable[[], int]) -> None:
        self._status = status

    def ask(self, routes: Sequence[Route]) -> tuple[Outcome, ...]:
        """The same for each."""
        status = self._status()
        return tuple(Answer(status) for _ in routes)

    def start(
        self, routes: Sequence[Route], *, rate: float, settled: Callable[[Route, Outcome, float, float], None]
    ) -> ProbeRun:
        """Not asked."""
        raise AssertionError(time.time())

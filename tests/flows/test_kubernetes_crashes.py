"""A Helm upgrade killed at every point, with helm or without: a resume deploys it, a rollback takes it back."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.domain.kubernetes.manifest import images
from avnwizard.domain.kubernetes.release import mark_of, serving
from avnwizard.domain.kubernetes.states import Lease
from avnwizard.engine import step
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.runner import run_steps
from avnwizard.flows.kubernetes.flow import UpgradeKubernetes
from avnwizard.flows.kubernetes.plan import to_json
from avnwizard.flows.kubernetes.planning import plan_upgrade
from tests.flows.kubernetes_world import KubeTestWorld, make_world, objects

RUN, BACK = "20261128-100000-aa", "20261128-110000-bb"
_PHASES = ("pending", "hooked", "applied", "failed", "rolling-back", "rolled-back")


class _Killed(BaseException):
    """The process is gone."""


class KubeProcess:
    """One process's runs on a world; another one knows what is in the journal and the world, and no more."""

    run = RUN

    def __init__(self, world: KubeTestWorld, home: Path) -> None:
        self.world, self.home, self.host = world, home, world.host(home)
        self.journal = Journal(home / "journal.db")
        self.flow = UpgradeKubernetes()

    def order(self) -> None:
        """Write the run down."""
        plan = to_json(plan_upgrade(self.host))
        record = RunRecord(RUN, self.flow.kind, "up", plan, "", "created", 0, 0.0, 0.0, "", "")
        steps = self.flow.steps(self.host, self.journal, record)
        self.journal.create_run(RUN, kind=self.flow.kind, title="up", plan=plan, steps=steps)

    def carry(self) -> str:
        """Go on with it; how it ended."""
        record = self.journal.run(RUN)
        return self._run(record, self.flow.steps(self.host, self.journal, record))

    def back(self) -> str:
        """Take it back, begun or gone on with."""
        run = self.journal.run(RUN)
        begun = {one.name for one in self.journal.steps(RUN) if one.state != "pending"}
        steps = self.flow.undo_steps(self.host, self.journal, run, begun)
        if BACK not in {one.id for one in self.journal.runs()}:
            self.journal.create_run(BACK, kind="undo", title="back", plan="", steps=steps, undoes=RUN)
        return self._run(self.journal.run(BACK), steps)

    def _run(self, record: RunRecord, steps: list[step.Step]) -> str:
        return run_steps(self.journal, FeedWriter(self.home / "feed"), record, steps)


def _killed(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], kill: int) -> list[str]:
    """Names of the fault points that were passed, up to the one at which the process was killed."""
    seen: list[str] = []

    def passed(name: str) -> None:
        seen.append(name)
        if len(seen) - 1 == kill:
            raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(step, "fault_point", passed)
        with contextlib.suppress(_Killed):
            act()
    return seen


def _serves(world: KubeTestWorld, version: str) -> None:
    """The release is at a version, by its history and by what runs."""
    now = serving(world.release.history)
    assert now is not None
    assert now.app_version == version
    assert now.number == len(world.release.history)
    assert images(list(world.release.live.values())) == {"Deployment/gateway": (f"gateway:{version}",)}
    assert world.release.scaled == {}


def test_a_plain_upgrade_and_its_way_back(tmp_path: Path) -> None:
    """Nothing goes wrong: revision 2 is the run's own, and going back leads to revision 1 by number."""
    world = make_world(tmp_path / "checkout")
    process = KubeProcess(world, tmp_path / "home")
    process.order()
    assert process.carry() == "done"
    _serves(world, "1.6.0")
    assert world.release.history[-1].description == mark_of(RUN)
    assert world.release.hooks_run == ["migrate"]
    assert process.back() == "done"
    _serves(world, "1.5.0")
    assert world.release.history[-1].description == "Rollback to 1"


def test_killed_at_every_fault_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each passage a new process resumes to 1.6.0; another goes back to 1.5.0 instead."""
    whole = KubeProcess(make_world(tmp_path / "whole"), tmp_path / "whole-home")
    whole.order()
    points = _killed(monkeypatch, whole.carry, -1)
    assert {"upgrade:helm:before", "upgrade:helm:after", "lease:take:after"} <= set(points)
    for kill, point in enumerate(points):
        for act, version in (("carry", "1.6.0"), ("back", "1.5.0")):
            folder = tmp_path / f"{kill}-{act}"
            world = make_world(folder / "checkout")
            first = KubeProcess(world, folder / "home")
            first.order()
            _killed(monkeypatch, first.carry, kill)
            second = KubeProcess(world, folder / "home")
            assert getattr(second, act)() == "done", point
            _serves(world, version)


@pytest.mark.parametrize("phase", _PHASES[:3])
@pytest.mark.parametrize("act", ["carry", "back"])
def test_helm_is_killed_in_the_middle(tmp_path: Path, phase: str, act: str) -> None:
    """Helm and the run die at a phase of Helm's: the release is left pending, and is cured by the next process."""
    world = make_world(tmp_path / "checkout")
    first = KubeProcess(world, tmp_path / "home")
    first.order()

    def die(at: str) -> None:
        if at == phase:
            raise _Killed

    world.release.accident = die
    with contextlib.suppress(_Killed):
        first.carry()
    assert world.release.history[-1].status == "pending-upgrade"
    world.release.accident = lambda _: None
    assert getattr(KubeProcess(world, tmp_path / "home"), act)() == "done"
    _serves(world, "1.6.0" if act == "carry" else "1.5.0")
    assert any(one.description == "Rollback to 1" for one in world.release.history)


@pytest.mark.parametrize("phase", ["failed", "rolling-back"])
def test_helm_is_killed_while_it_puts_the_old_revision_back(tmp_path: Path, phase: str) -> None:
    """The upgrade failed and Helm died on its way back: going back cures it, also killed once more in between."""
    world = make_world(tmp_path / "checkout")
    world.next("1.6.0", objects("broken", migrates=True))
    world.release.never_ready = {"gateway:broken"}
    process = KubeProcess(world, tmp_path / "home")
    process.order()
    waiting = [phase, "rolling-back"]

    def die(at: str) -> None:
        if waiting and at == waiting[0]:
            waiting.pop(0)
            raise _Killed

    world.release.accident = die
    for act in (process.carry, process.back):
        with contextlib.suppress(_Killed):
            act()
    assert waiting == []
    assert world.release.history[-1].status == "pending-rollback"
    assert KubeProcess(world, tmp_path / "home").back() == "done"
    _serves(world, "1.5.0")


def test_a_helm_that_outlives_the_run_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is killed, its helm works on: the next process lets it finish instead of curing a release at work."""
    world = make_world(tmp_path / "checkout")
    first = KubeProcess(world, tmp_path / "home")
    first.order()
    points = _killed(monkeypatch, first.carry, 2)
    assert points[-1] == "upgrade:helm:before"
    release = world.release
    chart = release.charts[world.chart]
    release.add(chart, chart.render())

    def finish() -> None:
        release.apply(release.brought[2])
        release.mark(1, "superseded")
        release.mark(2, "deployed", mark_of(RUN))

    release.lingering, release.finish = 3, finish
    assert KubeProcess(world, tmp_path / "home").carry() == "done"
    _serves(world, "1.6.0")
    assert len(release.history) == 2


def test_pods_that_never_get_ready(tmp_path: Path) -> None:
    """Helm puts the old revision back; the run fails and says so, and going back finds nothing to do."""
    world = make_world(tmp_path / "checkout")
    world.next("1.6.0", objects("broken"))
    world.release.never_ready = {"gateway:broken"}
    process = KubeProcess(world, tmp_path / "home")
    process.order()
    assert process.carry() == "failed"
    assert "the old pods serve" in process.journal.run(RUN).message
    revisions = len(world.release.history)
    assert process.back() == "done"
    assert len(world.release.history) == revisions
    assert images(list(world.release.live.values())) == {"Deployment/gateway": ("gateway:1.5.0",)}


def test_a_hook_that_fails(tmp_path: Path) -> None:
    """Its failure is the run's, and the old revision serves."""
    world = make_world(tmp_path / "checkout")
    world.release.failing_hooks = {"migrate"}
    process = KubeProcess(world, tmp_path / "home")
    process.order()
    assert process.carry() == "failed"
    assert "migrate" in process.journal.run(RUN).message
    world.release.failing_hooks = set()
    assert KubeProcess(world, tmp_path / "home").carry() == "done"
    _serves(world, "1.6.0")


def test_what_somebody_else_deployed_is_not_touched(tmp_path: Path) -> None:
    """Another revision was deployed after the plan: the run stops, and so does its rollback."""
    world = make_world(tmp_path / "checkout")
    process = KubeProcess(world, tmp_path / "home")
    process.order()
    release = world.release
    release.add(release.charts[world.chart], objects("1.5.9"))
    release.apply(release.brought[2])
    release.mark(1, "superseded")
    release.mark(2, "deployed", "Upgrade complete")
    assert process.carry() == "failed"
    assert "somebody else" in process.journal.run(RUN).message
    assert process.back() == "failed"
    assert len(release.history) == 2
    assert images(list(release.live.values())) == {"Deployment/gateway": ("gateway:1.5.9",)}


def test_a_chart_that_changed_since_the_plan(tmp_path: Path) -> None:
    """The files are not those that were planned: nothing is upgraded."""
    world = make_world(tmp_path / "checkout")
    process = KubeProcess(world, tmp_path / "home")
    process.order()
    world.next("1.6.0", objects("1.6.1"))
    assert process.carry() == "failed"
    assert "changed since the plan" in process.journal.run(RUN).message
    assert len(world.release.history) == 1


def test_a_lease_that_another_host_holds(tmp_path: Path) -> None:
    """It is respected while it is renewed, and taken once it has expired."""
    world = make_world(tmp_path / "checkout")
    world.release.lease = Lease("run-b@other-host", 5.0, 60.0, "7")
    process = KubeProcess(world, tmp_path / "home")
    process.order()
    assert process.carry() == "failed"
    assert "run-b@other-host" in process.journal.run(RUN).message
    assert len(world.release.history) == 1
    world.release.lease = Lease("run-b@other-host", 61.0, 60.0, "7")
    assert process.carry() == "done"
    _serves(world, "1.6.0")


def test_a_context_that_leads_elsewhere(tmp_path: Path) -> None:
    """The kubeconfig's context was pointed at another API server: the run stops before it asks anything."""
    world = make_world(tmp_path / "checkout")
    process = KubeProcess(world, tmp_path / "home")
    process.order()
    world.release.address = "https://another:6443"
    assert process.carry() == "failed"
    assert "https://another:6443" in process.journal.run(RUN).message
    assert len(world.release.history) == 1


def test_the_new_pods_are_watched_for_the_bake_time(tmp_path: Path) -> None:
    """What is seen then is said and noted; it does not fail the run."""
    world = make_world(tmp_path / "checkout")
    process = KubeProcess(world, tmp_path / "home")
    watching = replace(process.host.config.verify, bake_s=9.0)
    process.host = replace(process.host, config=replace(process.host.config, verify=watching))
    process.order()
    slept = world.clock.sleep

    def fall_ill(seconds: float) -> None:
        slept(seconds)
        if _step(process, "verify").state == "done":
            world.release.never_ready = {"gateway:1.6.0"}

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.clock, "sleep", fall_ill)
        assert process.carry() == "done", process.journal.run(RUN).message
    assert _step(process, "bake").facts["seen"] == 2
    said = (tmp_path / "home/feed").read_text()
    assert "gateway-0 is not ready: CrashLoopBackOff" in said


def _step(process: KubeProcess, name: str) -> StepRecord:
    return next(one for one in process.journal.steps(RUN) if one.name == name)

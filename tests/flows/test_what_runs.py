"""A run is done only when what runs is what the files name."""

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from avnwizard.domain.host import Container
from avnwizard.engine.faults import KILL_AT
from avnwizard.engine.step import Probe
from avnwizard.errors import ExitCode, HostError, StepError
from avnwizard.flows.roll.conformity import strangers
from avnwizard.flows.steps.run_job import RunJob
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard
from tests.practice.moving import edit_env, move_to_v2, the

if TYPE_CHECKING:
    from avnwizard.engine.step import StepContext
    from avnwizard.flows.stack.step_inputs import StepInputs


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack at v1.5.0 that knows every release."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    return checkout


def _told(practice_host: PracticeHost) -> dict[str, str]:
    host = open_host(practice_host.project.directory)
    return {one.service: one.how for one in strangers(host, host.stack.resolve())}


def test_images_and_configurations(practice_host: PracticeHost, stack: Path) -> None:
    """Nothing is told of a stack that is as its files say; each difference is, by what it is."""
    assert stack.is_dir()
    assert _told(practice_host) == {}
    edit_env(practice_host, lambda text: text.replace("GATEWAY_RATE_LIMIT=1200", "GATEWAY_RATE_LIMIT=1300"))
    assert _told(practice_host) == {"gateway": "avnology-gateway-1 has another configuration than the files name"}
    docs = the(practice_host, "docs")
    web = practice_host.stack.image(the(practice_host, "web").image)
    assert web
    practice_host.stack.retag(web.id, docs.image)
    assert _told(practice_host)["docs"] == f"it runs another image than the {docs.image} that is here now"


def test_compose_is_asked_once_about_all(
    practice_host: PracticeHost, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dry run is a process: one for a stack as its files say, and one more for each service that it suspects."""
    host = open_host(stack)
    asked: list[str] = []
    alone, together = host.stack.outdated, host.stack.replaced

    def of_one(service: str) -> frozenset[str]:
        asked.append(service)
        return alone(service)

    def of_all(names: list[str], images: dict[str, str]) -> frozenset[str]:
        asked.append("all")
        return together(names, images=images)

    monkeypatch.setattr(host.stack, "outdated", of_one)
    monkeypatch.setattr(host.stack, "replaced", of_all)
    assert list(strangers(host, host.stack.resolve())) == []
    assert asked == ["all"]
    edit_env(practice_host, lambda text: text.replace("GATEWAY_RATE_LIMIT=1200", "GATEWAY_RATE_LIMIT=1300"))
    assert [one.service for one in strangers(host, host.stack.resolve())] == ["gateway"]
    assert asked == ["all", "all", "gateway"]


def test_what_compose_says_of_all_is_asked_again_of_each(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked about all, Compose may say too much or fail because of one service: then each is asked about alone."""
    host = open_host(stack)
    monkeypatch.setattr(host.stack, "replaced", lambda names, images: frozenset(names) - set(images))
    assert list(strangers(host, host.stack.resolve())) == []

    def fails(_names: object, images: object) -> frozenset[str]:
        raise HostError(f"Compose does not say what it would do with gateway {images}.")

    monkeypatch.setattr(host.stack, "replaced", fails)
    assert list(strangers(host, host.stack.resolve())) == []


def test_the_image_of_another_release(practice_host: PracticeHost, stack: Path) -> None:
    """A healthy service of the release of before is not one of this release."""
    assert stack.is_dir()
    old = the(practice_host, "docs").image
    move_to_v2(practice_host)
    assert _told(practice_host)["docs"] == f"it runs {old}, and the files name {old.replace('v1.5.0', 'v2.0.0')}"


def test_verify_is_not_content_with_what_serves(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """Somebody edits the env file behind a roll: the run is not done, and says how it gets done."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    words = ("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
    avnwizard(*words, env={KILL_AT: "journal:verify:started:before"})
    edit_env(practice_host, lambda text: text.replace("GATEWAY_RATE_LIMIT_RPM=1200", "GATEWAY_RATE_LIMIT_RPM=1300"))
    failed = avnwizard("resume", "--stack", stack)
    assert failed.code == ExitCode.STEP_FAILED
    assert "gateway is not what v2.0.0 names: avnology-gateway-2 has another configuration" in failed.err
    assert "--no-deps --pull never gateway" in failed.err
    practice_host.stack.up("gateway")
    resumed = avnwizard("resume", "--stack", stack)
    assert resumed.code == ExitCode.DONE, resumed.err
    assert "serve, as its files name them" in resumed.err


_JOB = Container(
    "j", "j-1", "migrate", 1, "i", "sha256:i", "exited", "none", 0, "h", one_off=False, created_at=0.0, started_at=5.0
)


class _World:
    """A one-shot of which Compose sees nothing change; `up` starts it again, and it ends at once."""

    def __init__(self) -> None:
        self.job, self.facts, self.ups = _JOB, dict[str, Any](), 0

    def containers(self, _service: str) -> tuple[Container, ...]:
        return (self.job,)

    def up(self, _service: str, *, force: bool) -> None:
        assert not force
        self.ups += 1
        self.job = replace(self.job, started_at=self.job.started_at + 1)

    def now(self) -> float:
        return 0.0

    def recall(self, step: str = "") -> Mapping[str, Any]:
        return {"images": {"i": "sha256:i"}} if step == "pull" else self.facts

    def step(self) -> tuple[RunJob, "StepContext"]:
        """The step, and the context that remembers."""
        part = SimpleNamespace(image_new="i", databases=())
        scene = SimpleNamespace(
            host=SimpleNamespace(stack=self, clock=self),
            plan=SimpleNamespace(services=(), project=None, service=lambda _name: part),
        )
        ctx = SimpleNamespace(
            recall=self.recall, note=lambda **facts: self.facts.update(facts), say=lambda _text: None,
            effect=lambda _name: _Nothing(), together=lambda _place, order, act: act([order]),
        )  # fmt: skip
        return RunJob(cast("StepInputs", scene), "migrate"), cast("StepContext", ctx)


class _Nothing:
    def __enter__(self) -> None:
        """Nothing happens."""

    def __exit__(self, *_: object) -> None:
        """Nothing happens."""


def test_a_one_shot_that_ended_well_last_time_has_not_run_this_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Same image, same settings, another folder of migrations: a run killed before it started must start it."""
    for name in ("look_before_job", "look_after_job"):
        monkeypatch.setattr(f"avnwizard.flows.steps.run_job.{name}", lambda *_: None)
    world = _World()
    step, ctx = world.step()
    assert step.probe(ctx) is Probe.NOT_DONE
    world.facts["before"] = {"j": 5.0}
    assert step.probe(ctx) is Probe.NOT_DONE, "killed between the note and the start"
    step.do(ctx)
    assert (world.ups, step.probe(ctx)) == (1, Probe.DONE)


def test_a_one_shot_of_another_image_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody moved the tag on this host: at once an error, not an hour later."""
    monkeypatch.setattr("avnwizard.flows.steps.run_job.look_before_job", lambda *_: None)
    world = _World()
    world.job = replace(_JOB, image_id="sha256:other")
    step, ctx = world.step()
    with pytest.raises(StepError, match="does not run the image that was pulled"):
        step.do(ctx)

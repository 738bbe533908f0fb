"""Services whose containers carry another hash than `config --hash` predicts are rolled like any other."""

import subprocess
from pathlib import Path

import pytest

from avnwizard.engine.faults import KILL_AT
from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import Said, answer_all, avnwizard
from tests.practice.moving import settled, the

SERVICE = "docs"


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """A practice stack at v1.5.0 whose `docs` reads the env file: a local edit that is rolled out."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    insert(practice_host, SERVICE, "env_file: [.env.production]")
    return checkout


def insert(host: PracticeHost, service: str, line: str) -> None:
    """Add a line to a service in the checkout's compose file, and roll it out."""
    file = host.project.files[0]
    text = file.read_text("utf-8")
    assert f"\n  {service}:\n" in text
    file.write_text(text.replace(f"\n  {service}:\n", f"\n  {service}:\n    {line}\n"), "utf-8")
    host.stack.up(service)
    settled(host, service, until=lambda one: one.is_serving)


def _upgrade(stack: Path, tmp_path: Path, env: dict[str, str] | None = None) -> Said:
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    return avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers, env=env)


def _is_as_wanted(host: PracticeHost, tag: str) -> None:
    """One serving container of the release, which `up` leaves alone."""
    one = the(host, SERVICE)
    assert one.image.endswith(f"{SERVICE}:{tag}")
    assert one.is_serving
    host.stack.up(SERVICE)
    assert the(host, SERVICE).id == one.id


def test_the_label_is_another_than_the_prediction(practice_host: PracticeHost, stack: Path) -> None:
    """The practice host does as Compose does: else these tests would prove nothing."""
    assert stack.is_dir()
    model = practice_host.stack.resolve()
    assert the(practice_host, SERVICE).config_hash != model.services[SERVICE].config_hash
    assert the(practice_host, "web").config_hash == model.services["web"].config_hash


def test_there_and_back(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """Forward and back, with nothing left for a plain `docker compose up -d` to do."""
    said = _upgrade(stack, tmp_path)
    assert said.code == ExitCode.DONE, said.err
    _is_as_wanted(practice_host, "v2.0.0")
    back = avnwizard("rollback", "--stack", stack, "--yes")
    assert back.code == ExitCode.ROLLED_BACK, back.err
    _is_as_wanted(practice_host, "v1.5.0")


@pytest.mark.parametrize("point", ["start-new:before", "start-new:after", "remove-old:before", "remove-old:after"])
def test_killed_and_resumed(practice_host: PracticeHost, stack: Path, tmp_path: Path, point: str) -> None:
    """A resumed run knows which container was there before its `up`: no third one is made, no old one is left."""
    old = the(practice_host, SERVICE).id
    _upgrade(stack, tmp_path, env={KILL_AT: f"roll:{SERVICE}:{point}"})
    made = {one.id for one in open_host(stack).stack.containers(SERVICE)} - {old}
    resumed = avnwizard("resume", "--stack", stack)
    assert resumed.code == ExitCode.DONE, resumed.err
    _is_as_wanted(practice_host, "v2.0.0")
    assert made <= {the(practice_host, SERVICE).id}

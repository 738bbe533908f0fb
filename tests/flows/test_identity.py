"""Services whose containers carry another hash than `config --hash` predicts are rolled like any other."""

import subprocess
from pathlib import Path

import pytest

from avnwizard.engine.faults import KILL_AT
from avnwizard.errors import ExitCode
from avnwizard.flows.stack import drift
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


MOUNTING = "pgbouncer"
"""Image and configuration of this one are the same in both releases."""


@pytest.fixture
def mounting(practice_host: PracticeHost) -> Path:
    """A practice stack at v1.5.0 whose `pgbouncer` mounts a file that every release changes."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    insert(practice_host, MOUNTING, 'volumes: ["./CHANGELOG.md:/etc/changes:ro"]')
    return checkout


def test_the_label_is_another_than_the_prediction(practice_host: PracticeHost, stack: Path) -> None:
    """The practice host does as Compose does: else these tests would prove nothing."""
    assert stack.is_dir()
    printed = practice_host.stack.config_hashes()
    assert the(practice_host, SERVICE).config_hash != printed[SERVICE]
    assert the(practice_host, "web").config_hash == printed["web"]


def test_a_moved_name_leaves_the_hash_to_tell(practice_host: PracticeHost, stack: Path) -> None:
    """Compose cannot be asked about an image whose name means another one now; an equal hash is proof even so."""
    for service in (SERVICE, "web"):
        practice_host.stack.retag(the(practice_host, "gateway").image_id, the(practice_host, service).image)
    host = open_host(stack)
    found = drift.look(host, host.stack.resolve(), host.stack.containers())
    assert {one.service: one.config for one in found.drifts} == {"web": "same", SERVICE: "unknown"}
    assert found.unsure == (SERVICE,)


def test_there_and_back(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """Forward and back, with nothing left for a plain `docker compose up -d` to do, and nothing said of the kind."""
    said = _upgrade(stack, tmp_path)
    assert said.code == ExitCode.DONE, said.err
    assert "would replace it again" not in said.err
    _is_as_wanted(practice_host, "v2.0.0")
    back = avnwizard("rollback", "--stack", stack, "--yes")
    assert back.code == ExitCode.DONE, back.err
    assert "would replace it again" not in back.err
    _is_as_wanted(practice_host, "v1.5.0")


def test_killed_and_resumed(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """A resumed run knows which container was there before its `up`: no third one is made, no old one is left."""
    old = the(practice_host, SERVICE).id
    first, *others = ("start-new:before", "start-new:after", "remove-old:before", "remove-old:after")
    _upgrade(stack, tmp_path, env={KILL_AT: f"roll:{SERVICE}:{first}"})
    made = set[str]()
    for point in others:
        again = avnwizard("resume", "--stack", stack, env={KILL_AT: f"roll:{SERVICE}:{point}"})
        assert again.code == ExitCode.STEP_FAILED, point
        made |= {one.id for one in open_host(stack).stack.containers(SERVICE)} - {old}
    resumed = avnwizard("resume", "--stack", stack)
    assert resumed.code == ExitCode.DONE, resumed.err
    _is_as_wanted(practice_host, "v2.0.0")
    assert made == {the(practice_host, SERVICE).id}


def test_a_mounted_release_file_is_rolled_and_named(
    practice_host: PracticeHost, mounting: Path, tmp_path: Path
) -> None:
    """Compose sees nothing to do; the plan names the file, forward and back get new containers."""
    old = the(practice_host, MOUNTING)
    assert practice_host.stack.outdated(MOUNTING) == frozenset()
    answers = answer_all(mounting, "v2.0.0", tmp_path / "answers.toml")
    planned = avnwizard("plan", "--to", "v2.0.0", "--stack", mounting, "--answers", answers, "--json").data
    part = next(one for one in planned["services"] if one["service"] == MOUNTING)
    assert (part["strategy"], part["unseen"]) == ("surge", ["CHANGELOG.md"])
    assert part["reason"].startswith("CHANGELOG.md changes, which it reads; ")
    assert f"{MOUNTING}: CHANGELOG.md changes, which it reads" in planned["changes"]
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", mounting, "--yes", "--answers", answers)
    assert said.code == ExitCode.DONE, said.err
    new = the(practice_host, MOUNTING)
    assert (new.id != old.id, new.image_id, new.config_hash) == (True, old.image_id, old.config_hash)
    back = avnwizard("rollback", "--stack", mounting, "--yes")
    assert back.code == ExitCode.DONE, back.err
    assert the(practice_host, MOUNTING).id not in {old.id, new.id}


_IDENTIFYING = tuple(
    f"{where}roll:{MOUNTING}:{point}:after"
    for where, point in (("journal:", "note-before"), ("", "start-new"), ("", "remove-old"))
)


def test_a_mounted_release_file_and_kills_resumed(
    practice_host: PracticeHost, mounting: Path, tmp_path: Path
) -> None:
    """Both containers look the same to Compose: which one read the old file is known by its id alone."""
    old = the(practice_host, MOUNTING).id
    _upgrade(mounting, tmp_path, env={KILL_AT: _IDENTIFYING[0]})
    made = set[str]()
    for point in _IDENTIFYING[1:]:
        again = avnwizard("resume", "--stack", mounting, env={KILL_AT: point})
        assert again.code == ExitCode.STEP_FAILED, point
        made |= {one.id for one in practice_host.stack.containers(MOUNTING)} - {old}
    said = avnwizard("resume", "--stack", mounting)
    assert said.code == ExitCode.DONE, said.err
    assert made == {the(practice_host, MOUNTING).id}


@pytest.mark.parametrize("point", _IDENTIFYING)
def test_a_mounted_release_file_and_a_kill_rolled_back(
    practice_host: PracticeHost, mounting: Path, tmp_path: Path, point: str
) -> None:
    """Killed at any of them, the one that never read the newer file stays."""
    old = the(practice_host, MOUNTING).id
    _upgrade(mounting, tmp_path, env={KILL_AT: point})
    there = {one.id for one in practice_host.stack.containers(MOUNTING)}
    said = avnwizard("rollback", "--stack", mounting, "--yes")
    assert said.code == ExitCode.DONE, said.err
    assert (the(practice_host, MOUNTING).id == old) is (old in there)

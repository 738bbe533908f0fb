"""Copies of snapshots off this host, with restic and rclone as Debian has them: sent, compared, brought back."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.domain.config import parse_config
from avnwizard.domain.config_snapshot import SnapshotSection
from avnwizard.domain.offsite import place_from
from avnwizard.errors import HostError, RefusedError, UsageError
from avnwizard.flows.host import Host
from avnwizard.flows.run.orders import order_snapshot
from avnwizard.flows.run.registry import flow_of
from avnwizard.flows.snapshot import offsite, snapshots
from avnwizard.flows.snapshot.planning import plan_snapshot
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard
from tests.flows.in_process import take

_PASSWORD = "correct-horse-battery"
Placed = Callable[[Host], Host]


@pytest.fixture(params=["restic", "rclone"])
def placed(request: pytest.FixtureRequest, tmp_path: Path) -> Placed:
    """Gives a host a place for copies, kept by one of the two tools, and its credentials."""
    tool = str(request.param)
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    env_file = tmp_path / "copy.env"
    if tool == "restic":
        (tmp_path / "password").write_text(_PASSWORD)
        settings = {"RESTIC_PASSWORD_FILE": str(tmp_path / "password"), "RESTIC_CACHE_DIR": str(tmp_path / "cache")}
        repository = tmp_path / "repository"
        subprocess.run(
            ["restic", "-q", "init", "--repo", repository], env={**os.environ, **settings}, check=True, timeout=60
        )
        place = f"restic:{repository}"
    else:
        settings = {"RCLONE_CONFIG": str(tmp_path / "rclone.conf")}
        obscured = subprocess.run(
            ["rclone", "obscure", "-"], input=_PASSWORD, capture_output=True, text=True, check=True, timeout=60
        ).stdout.strip()
        Path(settings["RCLONE_CONFIG"]).write_text(
            f"[bare]\ntype = local\n\n[safe]\ntype = crypt\nremote = {tmp_path / 'there'}\npassword = {obscured}\n"
        )
        place = "rclone:safe:stack"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    env_file.chmod(0o600)
    return lambda host: _with(host, copy=(place,), copy_env=str(env_file))


def _with(host: Host, **settings: object) -> Host:
    section = SnapshotSection(**settings)  # type: ignore[arg-type]  # its own settings
    return replace(host, config=replace(host.config, snapshot=section))


def _silent(done: int, total: int | None) -> None:
    """Nobody looks."""


def test_a_copy_is_equal_and_comes_back(practice_host: PracticeHost, placed: Placed, tmp_path: Path) -> None:
    """Sent, read back, listed; the snapshot is lost here, and whole again from there alone; nothing lies in clear."""
    opened = open_host(practice_host.project.directory)
    host, folder = placed(opened), take(opened)
    said: list[str] = []
    offsite.copy(host, folder, said.append, _silent)
    assert len(said) == 1
    assert "read back from there and equal" in said[0]
    ((_, copied),) = offsite.listed(host)
    assert copied.name == folder.name
    clear = (folder / snapshots.MANIFEST).read_bytes()
    kept = [path for root in ("repository", "there") for path in (tmp_path / root).rglob("*") if path.is_file()]
    assert kept
    assert not any(clear[:200] in path.read_bytes() for path in kept), "it left this host in clear"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(RefusedError, match="is here already"):
        offsite.fetch(host, "")
    shutil.rmtree(folder)
    assert offsite.fetch(host, folder.name[:6]) == folder
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with pytest.raises(RefusedError, match="No place has a copy"):
        offsite.fetch(host, "another")


def test_a_copy_that_differs_is_seen(practice_host: PracticeHost, placed: Placed) -> None:
    """What lies there is compared with what lies here, not with what the tool says of itself."""
    opened = open_host(practice_host.project.directory)
    host, folder = placed(opened), take(opened)
    ((_, there),) = offsite.places(host)
    made = there.send(folder, host.stack.project.name)
    (folder / snapshots.ENV).write_bytes(b"OTHER=1\n")
    with pytest.raises(HostError):
        there.check(folder, host.stack.project.name, made, _silent)
    with pytest.raises(HostError, match="is damaged"):
        offsite.copy(host, folder, lambda _: None, _silent)


def test_what_would_leave_in_clear_is_refused(practice_host: PracticeHost, placed: Placed, tmp_path: Path) -> None:
    """A remote of rclone's that does not encrypt, and a file of credentials that others can read."""
    opened = open_host(practice_host.project.directory)
    host, folder = placed(opened), take(opened)
    env_file = Path(host.config.snapshot.copy_env)
    if host.config.snapshot.copy[0].startswith("rclone"):
        bare = _with(host, copy=(f"rclone:bare:{tmp_path / 'clear'}",), copy_env=str(env_file))
        with pytest.raises(RefusedError, match="in clear"):
            offsite.copy(bare, folder, lambda _: None, _silent)
        assert not (tmp_path / "clear").exists()
    env_file.chmod(0o644)
    with pytest.raises(RefusedError, match="can be read by others"):
        offsite.copy(host, folder, lambda _: None, _silent)


@pytest.mark.parametrize("text", ["tape:0", "restic:", "rclone:nowhere", "restic:rest:https://me:secret@host/"])
def test_what_is_no_place_is_refused(text: str) -> None:
    """Also credentials, which the tool's own settings hold."""
    with pytest.raises(ValueError, match="must"):
        place_from(text)
    with pytest.raises(UsageError, match=r"snapshot\.copy\.0"):
        parse_config(f'[snapshot]\ncopy = ["{text}"]', source="avnwizard.toml")


def test_a_run_copies_its_snapshot_last(practice_host: PracticeHost, placed: Placed) -> None:
    """`snapshot create` ends with the copy; a place that fails makes no failure of a snapshot that is whole here."""
    opened = open_host(practice_host.project.directory)
    host = placed(opened)
    folder = take(host)
    assert [one.name for _, one in offsite.listed(host)] == [folder.name]
    steps = [step.name for step in host.journal().steps(host.journal().runs()[0].id)]
    assert steps == ["snapshot", "copy-off"]
    said: list[str] = []
    lost = _with(opened, copy=("restic:/nowhere/at/all",), copy_env=host.config.snapshot.copy_env)
    take(lost, lambda kind, _step, text, _data: said.append(text) if kind == "say" else None)
    assert any("is not copied" in text for text in said)


def test_a_planned_run_keeps_its_places(practice_host: PracticeHost, placed: Placed) -> None:
    """An edit of avnwizard.toml between plan and resume adds no step and takes none away."""
    opened = open_host(practice_host.project.directory)
    host = placed(opened)
    run = order_snapshot(host, plan_snapshot(host, "v1.5.0"))
    journal = opened.journal()
    record = journal.run(run)
    named = [step.name for step in journal.steps(run)]
    for edited in (host, _with(host), _with(host, copy=("restic:/elsewhere",))):
        assert [step.name for step in flow_of(record).steps(edited, journal, record)] == named


def test_without_a_place_the_verbs_say_so(practice_host: PracticeHost) -> None:
    """One line, and what to write where."""
    stack = practice_host.project.directory
    said = avnwizard("snapshot", "copies", "--stack", stack)
    assert (said.code, "No place off this host is named" in said.err) == (3, True)

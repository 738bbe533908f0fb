"""What runs is compared with the files of the release that the checkout is at, before anything is planned."""

import subprocess
from pathlib import Path

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.domain.host import Container
from avnwizard.errors import ExitCode, RefusedError
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import inputs
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import Said, answer_all, avnwizard
from tests.flows.test_going_back import stack, upgraded

__all__ = ["stack"]
"""The fixture is used by its name."""
COMPOSE = "docker-compose.traefik.yml"
REGISTRY = "registry.example.test/avnology"


def _bumped_by_hand(practice: PracticeHost, service: str, old: str, new: str) -> None:
    """A service's container made from another image; the compose file is put back afterwards."""
    file = practice.project.directory / COMPOSE
    text = file.read_text()
    name = f"{REGISTRY}/{service}"
    assert f"{name}:{old}" in text
    file.write_text(text.replace(f"{name}:{old}", f"{name}:{new}"))
    practice.stack.pull(f"{name}:{new}", lambda _line: None)
    practice.stack.up(service)
    file.write_text(text)


def _images(practice: PracticeHost) -> dict[str, str]:
    return {one.service: one.image_id for one in practice.stack.containers()}


def _containers(practice: PracticeHost) -> list[str]:
    return sorted(one.id for one in practice.stack.containers())


def _findings(stack: Path, name: str) -> list[tuple[str, str]]:
    found = avnwizard("check", "--stack", stack, "--json").data
    return [(one["level"], one["message"]) for one in found if one["check"] == name]


def _refused(said: Said, *words: str) -> None:
    assert said.code == ExitCode.REFUSED, said.err
    for word in words:
        assert word in said.err


def test_services_bumped_by_hand_go_forth_and_back(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """Each is named and acknowledged; the rollback starts the images that really ran, under the files' names."""
    assert _findings(stack, "drift") == [
        ("ok", "Every container is what the release's files say, by image and configuration.")
    ]
    _bumped_by_hand(practice_host, "oathkeeper", "v0.40.9", "v25.4.0")
    _bumped_by_hand(practice_host, "hydra", "v2.3.0", "v2.2.0")
    _bumped_by_hand(practice_host, "docs", "v1.5.0", "v2.1.0")
    before, made = _images(practice_host), _containers(practice_host)
    pinned = {name: practice_host.stack.image(f"{REGISTRY}/{name}") for name in ("docs:v1.5.0", "hydra:v2.3.0")}
    docs = f"docs runs {REGISTRY}/docs:v2.1.0; v1.5.0 pins {REGISTRY}/docs:v1.5.0."
    assert _findings(stack, "drift") == [("warn", docs)]
    assert [message.split(";")[0] for _, message in _findings(stack, "pins")] == [
        f"hydra runs {REGISTRY}/hydra:v2.2.0",
        f"oathkeeper runs {REGISTRY}/oathkeeper:v25.4.0",
    ]
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    assert f'"docs runs {REGISTRY}/docs:v2.1.0" = true' in answers.read_text()
    unread = tmp_path / "unread.toml"
    unread.write_text(answers.read_text().replace('docs:v2.1.0" = true', 'docs:v2.1.0" = false'))
    refused = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", unread)
    _refused(refused, "1 decision is open; nothing was changed", docs)
    assert _containers(practice_host) == made

    plan = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--json").data
    assert docs in plan["warnings"]
    assert any("images that run (docs, hydra, oathkeeper) and those of v1.5.0" in one for one in plan["warnings"])
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
    assert said.code == ExitCode.DONE, said.err
    back = avnwizard("rollback", "--stack", stack, "--yes")
    assert back.code == ExitCode.DONE, back.err
    assert "the images that ran before the upgrade are started again, which are not what" in back.err
    assert _images(practice_host) == before
    assert {name: practice_host.stack.image(f"{REGISTRY}/{name}") for name in pinned} == pinned
    assert [message.split(" ")[0] for _, message in (*_findings(stack, "drift"), *_findings(stack, "pins"))] == [
        "docs", "hydra", "oathkeeper",
    ]  # fmt: skip


def test_a_checkout_that_is_ahead_of_what_runs_is_a_stop(practice_host: PracticeHost, stack: Path) -> None:
    """A hand upgrade broken off after its checkout: the release that really runs is named, and nothing is planned."""
    subprocess.run(["git", "-C", stack, "checkout", "-qf", "v2.0.0"], check=True)
    env = stack / ".env.production"
    env.write_text(env.read_text().replace("SMTP_URL=", "COURIER_SMTP_URL=") + "GATEWAY_SIGNING_SECRET=0123456789\n")
    made = _containers(practice_host)
    ((level, message),) = _findings(stack, "drift")
    assert level == "stop"
    assert message.startswith(
        "What runs is v1.5.0: every container has the images of that release, but the checkout is at v2.0.0."
    )
    for verb in (("plan",), ("upgrade", "--yes")):
        said = avnwizard(*verb, "--to", "v2.1.0", "--stack", stack)
        _refused(said, "What runs is v1.5.0", "Nothing was changed", "git checkout v1.5.0")
    assert _containers(practice_host) == made
    assert open_host(stack).journal().runs() == []


def test_a_service_of_another_release_is_a_stop(practice_host: PracticeHost, stack: Path) -> None:
    """Image and configuration both differ: made from the files of before it would be what never ran."""
    file = stack / COMPOSE
    text = file.read_text()
    changed = text.replace(f"{REGISTRY}/web:v1.5.0", f"{REGISTRY}/web:v2.0.0")
    file.write_text(changed.replace("\n  web:\n", "\n  web:\n    hostname: web-host\n"))
    practice_host.stack.pull(f"{REGISTRY}/web:v2.0.0", lambda _line: None)
    practice_host.stack.up("web")
    file.write_text(text)
    ((level, message),) = _findings(stack, "drift")
    assert level == "stop"
    assert message == (
        f"web runs {REGISTRY}/web:v2.0.0; v1.5.0 pins {REGISTRY}/web:v1.5.0, and with another configuration. A "
        "rollback could not bring it back: image and configuration are both of another release."
    )
    _refused(avnwizard("plan", "--to", "v2.0.0", "--stack", stack), "web runs", "docker compose up -d web")


def test_settings_that_were_not_applied_are_acknowledged(stack: Path, tmp_path: Path) -> None:
    """An env file that was edited since the container was made: by service, in one decision."""
    env = stack / ".env.production"
    env.write_text(env.read_text().replace("GATEWAY_RATE_LIMIT=1200", "GATEWAY_RATE_LIMIT=900"))
    told = "gateway was made from another configuration than the files of v1.5.0 say now."
    assert _findings(stack, "drift") == [("warn", told)]
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    assert '"the configuration of gateway" = true' in answers.read_text()
    plan = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--json").data
    assert f"{told} The upgrade starts them from the files, and a rollback too." in plan["warnings"]


def test_what_was_bumped_after_the_plan_is_not_started_on(practice_host: PracticeHost, stack: Path) -> None:
    """What the operator acknowledged is what he saw: a service that changed since is read again."""
    host = open_host(stack)
    draft = inputs.draft(host, "v2.0.0")
    prepared = prepare(host, draft, Answers().accepting(draft.decisions(Answers())))
    _bumped_by_hand(practice_host, "docs", "v1.5.0", "v2.1.0")
    with pytest.raises(RefusedError, match="What runs changed since the plan was made"):
        launch.create_upgrade(host, prepared)
    assert host.journal().runs() == []


def _pruned(practice: PracticeHost, before: list[Container]) -> None:
    """As `docker image prune -af` does: what no container uses is gone, whatever tags it had."""
    used = set(_images(practice).values())
    gone = [one.image_id for one in before if one.image_id not in used]
    assert gone
    with practice.state.transaction() as db:
        db.executemany("DELETE FROM image WHERE id = ?", [(one,) for one in gone])


def test_images_that_were_pruned_are_pulled_again(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """By digest, before anything moves; where the registry has not got them, nothing is begun."""
    before = list(practice_host.stack.containers())
    upgraded(stack, tmp_path)
    _pruned(practice_host, before)
    ((level, message),) = _findings(stack, "images")
    assert level == "warn"
    assert message.endswith("are gone from this host: something pruned them. The registry has them.")
    web = f"{REGISTRY}/web:v1.5.0"
    with practice_host.state.transaction() as db:
        (row,) = db.execute("SELECT * FROM registry WHERE reference = ?", (web,)).fetchall()
        db.execute("DELETE FROM registry WHERE reference = ?", (web,))
    _refused(
        avnwizard("rollback", "--stack", stack, "--dry-run"),
        "The images that web ran before are no longer on this host, and the registry does not have them any more. "
        "Nothing was changed.",
        "docker pull",
    )
    assert "that run has no way back" in _findings(stack, "images")[0][1]
    with practice_host.state.transaction() as db:
        db.execute("INSERT INTO registry VALUES (?, ?, ?, ?)", tuple(row))
    back = avnwizard("rollback", "--stack", stack, "--yes")
    assert back.code == ExitCode.DONE, back.err
    assert "that ran before are gone from this host and are pulled first; the registry has them" in back.err
    assert _images(practice_host) == {one.service: one.image_id for one in before}

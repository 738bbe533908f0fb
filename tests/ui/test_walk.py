"""The whole wizard by keyboard alone: every screen is as committed, whole, and without a secret."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.plan import from_json
from avnwizard.domain.secret import is_secret_name
from avnwizard.practice.host import PracticeHost
from avnwizard.ui import themes
from avnwizard.ui.ascii_filter import plain_sign
from screenshots.scenes import FAILURE, opened, scenes, settle
from tests.practice_fixtures import copied
from tests.ui.conftest import LARGE, SMALL, USUAL, pictures, seen, wizard

UPDATE = os.environ.get("AVNWIZARD_PICTURES") == "update"
"""Writes the pictures anew instead of comparing them; look at the difference before you commit it."""
STACK = "/tmp/avnwizard-pictures"  # noqa: S108 - what the pictures say; nothing is there


@pytest.fixture
def practice(practice_template: Path) -> Iterator[PracticeHost]:
    """A practice stack whose upgrade fails at hydra, in a path that is always as long: it is in the pictures."""
    home = Path(tempfile.mkdtemp(prefix="avnwizard-", dir="/tmp"))
    host = copied(practice_template, home)
    host.order(FAILURE)
    yield host
    host.destroy()
    shutil.rmtree(home, ignore_errors=True)


async def test_the_whole_way(practice: PracticeHost) -> None:
    """From where you stand over a failure to done, and back; in every size, at every screen."""
    checkout = practice.project.directory
    secrets = _secrets(checkout)
    wrong: list[str] = []
    walked = []
    async with opened(checkout, USUAL) as pilot:
        async for name in scenes(pilot, practice):
            walked.append(name)
            for size in (USUAL, LARGE, SMALL):
                await resized(pilot, size)
                wrong += _outside(pilot, name, size)
                shown = seen(pilot)
                wrong += [f"{name} shows the value of {key}" for key, value in secrets.items() if value in shown]
                wrong += changed(f"{name}-{size[0]}x{size[1]}", shown, practice.home)
                wrong += [
                    f"{name} has no plain form of {sign!r}" for sign in set(shown) if plain_sign(sign) == "?" != sign
                ]
            await resized(pilot, USUAL, poor=True)
            shown = seen(pilot)
            wrong += [] if shown.isascii() else [f"{name} is not plain:\n{shown}"]
            wrong += changed(f"{name}-plain", shown, practice.home)
            await resized(pilot, LARGE)
            await resized(pilot, USUAL)
        upgrade, back = sorted(pilot.app.host.journal().runs(), key=lambda run: run.created_at)  # type: ignore[attr-defined]  # the app is a WizardApp
    assert not wrong, "\n".join(wrong)
    assert walked[0] == "stand"
    assert walked[-1] == "snapshots"
    assert (upgrade.state, back.state) == ("undone", "done")
    plan = from_json(upgrade.plan)
    assert (plan.target.tag, plan.snapshot.taken, len(plan.breaking)) == ("v2.0.0", True, 4)
    assert {(edit.action, edit.key) for edit in plan.env} == {
        ("rename", "SMTP_URL"),
        ("rename", "GATEWAY_RATE_LIMIT"),
        ("add", "GATEWAY_SIGNING_SECRET"),
        ("add", "RISK_SCORE_THRESHOLD"),
        ("comment-out", "AUDIT_LEGACY_SINK"),
    }


async def resized(pilot: Pilot[int], size: tuple[int, int], *, poor: bool = False) -> None:
    """Another size, in which every cell is drawn again; where it is poor, as on the kernel's console.

    There is ASCII alone, and sixteen colours: no page is drawn behind a question.
    """
    app = wizard(pilot)
    app.signs, app.theme = not poor, "ansi-dark" if poor else themes.OWN
    await pilot.resize_terminal(*size)
    await settle(pilot)


def _secrets(checkout: Path) -> dict[str, str]:
    env = EnvFile.parse((checkout / ".env.production").read_bytes())
    return {key: value for key in env.keys() if is_secret_name(key) and (value := env.literal(key))}  # noqa: SIM118 - no mapping


def _outside(pilot: Pilot[int], name: str, size: tuple[int, int]) -> list[str]:
    """The focusable widgets that do not lie inside the screen."""
    whole = pilot.app.screen.region
    return [
        f"{name} at {size}: {widget} lies at {widget.region}"
        for widget in pilot.app.screen.focus_chain
        if not whole.contains_region(widget.region) or not widget.region.area
    ]


def changed(name: str, shown: str, home: Path) -> list[str]:
    """Compare with the committed picture; the path of this test is shown as the one they say."""
    text = shown.replace(str(home), STACK) + "\n"
    committed = pictures(name)
    if UPDATE:
        committed.write_text(text, "utf-8")
    known = committed.read_text("utf-8") if committed.exists() else ""
    return [] if text == known else [f"{name} is not as committed:\n{text}"]

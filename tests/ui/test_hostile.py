"""Hostile text on every screen: shown, harmless, never markup, never a control character on the wire."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.domain.changelog import sections_between
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.plan import Breaking
from avnwizard.errors import ExitCode
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade import inputs
from avnwizard.ui.app import WizardApp
from avnwizard.ui.screens.changelog import ChangelogPage
from avnwizard.ui.screens.env_diff import EnvDiffPage
from avnwizard.ui.screens.environment import EnvironmentPage
from screenshots.scenes import press, settle
from tests.ui.conftest import Open, seen, wizard

EVIL = (
    "[BREAKING] [/x] [bold red]\x1b[2J\x1b]0;owned\x07 \u202eevil\u2066 \U0001f4a9 [@click=app.exit]go[/] "
    + "y" * 5000
)
HARMLESS = ("[BREAKING]", "[/x]", "[bold red]", "[@click=app.exit]")


def _no_controls(shown: str) -> None:
    bad = {char for char in shown if char != "\n" and (ord(char) < 0x20 or char in "\x7f\u202e\u2066")}
    assert not bad, bad


async def test_a_hostile_changelog_and_env_file(opened: Open, host: Host) -> None:
    """Changelog, breaking titles, env values and their reasons: each screen shows them and stands."""
    draft = inputs.draft(host, "v2.0.0")
    path = host.stack.project.env_file
    env = EnvFile.parse(
        host.files.read(path).replace(b"AUDIT_LEGACY_SINK=stdout", b"AUDIT_LEGACY_SINK='[/x]\x1b[2J'")
    )
    text = f"# Changelog\n\n## [2.0.0] - 2025-08-06\n\n### Breaking\n\n- {EVIL}\n\n## [1.5.0] - 2025-07-06\n"
    evil = replace(
        draft,
        operator=env,
        changelog=sections_between(text, "v1.5.0", "v2.0.0"),
        breaking=(Breaking("2.0.0/1", EVIL, EVIL),),
    )
    async with opened((160, 40)) as pilot:
        wizard(pilot).choices.take(evil)
        await pilot.app.push_screen(ChangelogPage())
        await settle(pilot)
        shown = seen(pilot)
        _no_controls(shown)
        for word in HARMLESS:
            assert word in shown
        assert "yyyyy" in shown
        await press(pilot, "down")
        _no_controls(seen(pilot))
        await pilot.app.push_screen(EnvironmentPage())
        await press(pilot, "end")
        assert "[/x]␛[2J" in seen(pilot)
        await pilot.app.push_screen(EnvDiffPage())
        await settle(pilot)
        _no_controls(seen(pilot))
        assert "AUDIT_LEGACY_SINK='[/x]␛[2J'" in seen(pilot)


async def test_a_tag_with_markup_and_emoji(opened: Open, host: Host) -> None:
    """A tag may hold brackets and emoji; it is listed, chosen and named as it is."""
    _git(host.repo.directory, "tag", "v9.0.0-(red)\U0001f600", "v2.0.0^{}")
    async with opened() as pilot:
        await press(pilot, "enter")
        shown = seen(pilot)
        assert "v9.0.0-(red)" in shown
        await press(pilot, "up", "up", "enter")
        _no_controls(seen(pilot))


def _git(directory: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(directory), *words], check=True, capture_output=True)


async def test_a_bug_shows_no_local_variable(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    """Textual's report of a crash prints every local; ours tells the place alone."""
    app = WizardApp(host)
    with pytest.raises(ValueError, match="the-secret"):
        await _crash(app)
    told = capsys.readouterr().err
    assert "a bug in avnwizard: ValueError at test_hostile.py" in told
    assert "the-secret-value" not in told
    assert app.outcome == ExitCode.BUG


async def _crash(app: WizardApp) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        app.screen.call_later(_break, "the-secret-value")
        await pilot.pause()


def _break(secret: str) -> None:
    raise ValueError(secret)

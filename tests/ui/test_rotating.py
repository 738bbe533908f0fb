"""A whole rotation through the screens, by keyboard alone: each phase, an early drop that is typed for, and help."""

import re

import pytest
from textual.pilot import Pilot

from avnwizard.domain.envfile import EnvFile
from avnwizard.flows.host import Host
from avnwizard.ui.screens.rotation import RotationPage
from avnwizard.ui.screens.secrets import SecretsPage
from screenshots.scenes import press, run_over, settle, type_word
from tests.flows.test_rotation import HYDRA, env_value
from tests.ui.conftest import LARGE, SMALL, USUAL, Open, pictures, seen
from tests.ui.test_walk import UPDATE


def _words(pilot: Pilot[int]) -> str:
    return " ".join(seen(pilot).split())


_DIFFERS = re.compile(r"The rotation of|Write the secret \(")


async def _to(pilot: Pilot[int], row: str) -> None:
    """Move the menu's bar to a row, by its name."""
    await press(pilot, *["up"] * 9)
    for _ in range(9):
        if (
            next((line for line in seen(pilot).splitlines() if line.lstrip().startswith(row)), "")
            and _at(pilot) == row
        ):
            return
        await press(pilot, "down")
    raise AssertionError(seen(pilot))


def _at(pilot: Pilot[int]) -> str:
    from avnwizard.ui.widgets.rows import Rows

    return pilot.app.screen.query_one(Rows).chosen.capitalize()


async def _open(pilot: Pilot[int]) -> None:
    await _to(pilot, "Secrets")
    await press(pilot, "enter")
    assert isinstance(pilot.app.screen, SecretsPage)
    await press(pilot, "enter")
    assert isinstance(pilot.app.screen, RotationPage)
    await settle(pilot)


async def _picture(pilot: Pilot[int], page: str) -> list[str]:
    """Compare with what is committed in each size, up to the time of phase 2 or the stack's path: both differ."""
    wrong = []
    for size in (SMALL, LARGE, USUAL):
        await pilot.resize_terminal(*size)
        await settle(pilot)
        name = f"{page}-{size[0]}x{size[1]}"
        text, committed = f"{_DIFFERS.split(seen(pilot))[0].rstrip()}\n", pictures(name)
        if UPDATE:
            committed.write_text(text, "utf-8")
        wrong += [] if committed.read_text("utf-8") == text else [f"{name}:\n{text}"]
    return wrong


async def _carried_out(pilot: Pilot[int], typed: str) -> None:
    await type_word(pilot, typed)
    await run_over(pilot)
    await press(pilot, "escape")


async def test_a_rotation_by_keyboard(host: Host, opened: Open) -> None:
    """Phases 1 and 2 by the stack's name; phase 3 is refused, and typed for by the exact number alone."""
    name, old = host.stack.project.name, env_value(host, HYDRA)
    every: list[str] = []
    async with opened(USUAL) as pilot:
        pilot.app.screen_stack[0].set_interval(0.05, lambda: every.append(seen(pilot)))
        await _open(pilot)
        assert "Phase 1 of 3 can begin: every service learns to read the new secret" in _words(pilot)
        wrong = await _picture(pilot, "rotation")
        await press(pilot, "question_mark")
        assert "d ends them now" in _words(pilot)
        await press(pilot, "escape", "d", "enter")
        await type_word(pilot, "something-else")
        assert f"That is not {name}." in _words(pilot)
        await press(pilot, "escape", "enter")
        await _carried_out(pilot, name)
        assert env_value(host, HYDRA).startswith(f"{old},")
        assert "hydra: phase 2 of 3 since" in _words(pilot)
        await _open(pilot)
        assert "✓ 1 every service learns to read" in _words(pilot)
        await press(pilot, "enter")
        await _carried_out(pilot, name)
        await _to(pilot, "Secrets")
        await press(pilot, "enter")
        assert "! phase 3 of 3 is safe from 1 January 2035" in _words(pilot)
        assert "has waited for phase 3 of 3 since" in _words(pilot)
        wrong += await _picture(pilot, "secrets")
        await press(pilot, "enter")
        said = _words(pilot)
        assert "2,000 refresh tokens still need the old secret" in said
        assert "Start phase" not in said
        assert "d Drop early" in said
        await press(pilot, "enter", "d")
        assert "2,000 tokens and sessions end at once" in _words(pilot)
        await type_word(pilot, "1999")
        assert "That is not 2000." in _words(pilot)
        await press(pilot, *["backspace"] * 4)
        await _carried_out(pilot, "2000")
        new = env_value(host, HYDRA)
        assert "," not in new
        shown = seen(pilot)
    assert not wrong, "\n".join(wrong)
    env = EnvFile.parse(host.files.read(host.stack.project.env_file))
    assert [run.state for run in host.journal().runs()] == ["done"] * 3
    assert env.get(HYDRA) == new
    assert new not in shown
    assert len(every) > 10
    assert any("Phase" in one for one in every)
    assert not [one for one in every for secret in (old, new) if secret in one], "a screen showed a secret"


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_the_list_of_secrets(opened: Open, size: tuple[int, int]) -> None:
    """What the stack has with its age, what it has not greyed out; `/` narrows it, Escape goes back."""
    async with opened(size) as pilot:
        await _to(pilot, "Secrets")
        await press(pilot, "enter")
        said = _words(pilot)
        assert "Kratos' cookie secret" in said
        assert "never rotated by avnwizard" in said
        assert "avnwizard never rotated it; it has stood since" in said
        await press(pilot, "slash", "c", "i", "p", "h", "enter")
        assert "Kratos' cookie secret" not in _words(pilot)
        await press(pilot, "escape", "escape")
        assert not isinstance(pilot.app.screen, SecretsPage)

"""The operator's own keys, and the list of commands."""

from pathlib import Path

import pytest

from avnwizard.cli.own_settings import own_keys
from avnwizard.cli.screen_pages import SCREENS
from avnwizard.cli.verbs.topics import whole
from avnwizard.domain.settings import FIXED, key_shown, parse_settings
from avnwizard.errors import UsageError
from avnwizard.flows.host import Host
from avnwizard.ui import keymap
from avnwizard.ui.app import WizardApp
from avnwizard.ui.palette import Palette
from avnwizard.ui.screens.changelog import ChangelogPage
from avnwizard.ui.screens.explain import Explain
from avnwizard.ui.screens.releases import ReleasesPage
from avnwizard.ui.screens.stand import StandPage
from screenshots.scenes import press, settle, unhurried
from tests.ui.conftest import SMALL, USUAL, Open, seen, wizard

_ACTIONS = keymap.actions(page for _, page in SCREENS)


async def test_a_changed_key_works_and_is_shown(host: Host) -> None:
    """The new key does it, the usual one no longer does; footer, help and sentences name the new one."""
    keys = {"acknowledge": "f2", "help": "h", "leave": "x"}
    app = WizardApp(host, moment=unhurried(), keys=keys)
    async with app.run_test(size=USUAL) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "enter")
        assert isinstance(app.screen, ChangelogPage)
        assert "F2 I have read it" in seen(pilot).splitlines()[-1]
        assert "Space" not in seen(pilot).splitlines()[-1]
        await press(pilot, "enter")
        assert "4 breaking changes left: read each, then press F2." in seen(pilot)
        await press(pilot, "space")
        assert len(app.choices.upgrade.open(env=False)) == 4, "the usual key is free"
        await press(pilot, "f2")
        assert len(app.choices.upgrade.open(env=False)) == 3
        await press(pilot, "question_mark")
        assert isinstance(app.screen, ChangelogPage), "the usual key is free"
        await press(pilot, "h")
        assert isinstance(app.screen, Explain)
        shown = " ".join(seen(pilot).split())
        assert "By your own settings: F2 instead of Space, h instead of ?, x " in shown
        page = app.screen_stack[-2]
        assert isinstance(page, ChangelogPage)
        assert page.moved() == "By your own settings: F2 instead of Space, h instead of ?, x instead of q."
        await press(pilot, "end")
        assert "F2 I have read it" in " ".join(seen(pilot).split())


async def test_two_keys_can_change_places(host: Host) -> None:
    """A key that another action gives up is free."""
    app = WizardApp(host, moment=unhurried(), keys={"look-again": "q", "leave": "r"})
    async with app.run_test(size=USUAL) as pilot:
        await settle(pilot)
        await press(pilot, "q")
        assert isinstance(app.screen, StandPage)
        assert "q Look again  r Leave" in seen(pilot).splitlines()[-1]


async def test_the_palette_does_what_a_key_does(opened: Open) -> None:
    """What was typed finds the command; Enter carries it out on the page below."""
    async with opened(SMALL) as pilot:
        await press(pilot, "ctrl+p")
        assert isinstance(pilot.app.screen, Palette)
        await press(pilot, *"upgr", "escape", "ctrl+p", *"go", "enter")
        assert isinstance(pilot.app.screen, ReleasesPage)


async def test_the_palette_leaves_out_what_the_page_does_not_allow(opened: Open) -> None:
    """The next place found comes in once something was sought; what Space does is said by what is chosen."""
    async with opened() as pilot:
        await press(pilot, "enter", "enter", "ctrl+p")
        assert "I have read it" in seen(pilot)
        assert "Next" not in seen(pilot)
        await press(pilot, "escape", "slash", *"smtp", "enter", "ctrl+p")
        assert "n        Next" in seen(pilot)
        await press(pilot, *"have", "enter")
        assert isinstance(pilot.app.screen, ChangelogPage)
        assert len(wizard(pilot).choices.upgrade.open(env=False)) == 3


async def test_a_question_is_answered_before_commands_are_listed(opened: Open) -> None:
    """Over a dialog the key does nothing."""
    async with opened() as pilot:
        await press(pilot, "question_mark", "ctrl+p")
        assert isinstance(pilot.app.screen, Explain)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[kees]\npause = 'z'", "there is no setting 'kees'"),
        ("keys = 3", "keys is no table"),
        ("[keys]\npauze = 'z'", "[keys] has no action 'pauze'"),
        ("[keys]\npause = 3", "keys.pause is no text"),
        ("[keys]\npause = 'enter'", "keys.pause: 'enter' means the same everywhere and stays as it is"),
        ("[keys]\npause = 'ctrl+c'", "keys.pause: 'ctrl+c' is no key that an action can have"),
        ("[keys]\npause = 'ctrl+i'", "keys.pause: 'ctrl+i' is no key that an action can have"),
        ("[keys]\npause = 'zz'", "keys.pause: 'zz' is no key that an action can have"),
        ("[keys]\npause = ''", "keys.pause: '' is no key that an action can have"),
        ("[keys]\npause = 'ä'", "keys.pause: 'ä' is no key that an action can have"),
        ("[keys\n", "is not TOML"),
        ("[keys]\npause = 'a'", "'a' is the key of 'pause' and 'abort' on the page Run"),
        ("[keys]\nlog = '?'", "'?' is the key of 'help' and 'log' on the page Run"),
        ("[keys]\ncommands = 'w'", "'w' is the key of 'write' and 'commands' on the page Review"),
    ],
)
def test_a_mistake_in_the_settings_is_one_error(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong is said with the file, before the wizard opens."""
    file = tmp_path / "settings.toml"
    file.write_text(text, "utf-8")
    monkeypatch.setenv("AVNWIZARD_SETTINGS", str(file))
    with pytest.raises(UsageError) as raised:
        own_keys()
    assert str(file) in raised.value.message
    assert said in raised.value.message
    assert raised.value.hint


def test_a_named_file_has_to_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name the file is optional."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("AVNWIZARD_SETTINGS", raising=False)
    assert own_keys() == {}
    (tmp_path / "avnwizard").mkdir()
    (tmp_path / "avnwizard" / "settings.toml").write_text("[keys]\npause = 'F2'\nabort = ','\n", "utf-8")
    assert own_keys() == {"pause": "f2", "abort": "comma"}
    monkeypatch.setenv("AVNWIZARD_SETTINGS", str(tmp_path / "none.toml"))
    with pytest.raises(UsageError, match="none\\.toml cannot be read"):
        own_keys()


def test_every_action_with_a_key_of_its_own_can_be_moved() -> None:
    """Each binding but those that mean the same everywhere has a name, and one name is one usual key."""
    for title, page in SCREENS:
        for key, binding in keymap.bound(page).items():
            assert binding.id or set(key.split(",")) <= FIXED, f"{title}: {key} has no name"
            if binding.id:
                assert keymap.shown(binding) == keymap.shown(_ACTIONS[binding.id])
    keymap.require_apart({}, SCREENS, source="what is usual")


def test_the_help_topic_names_every_action() -> None:
    """`help keys` lists the names that the file takes."""
    from avnwizard.cli.app import app

    text = whole(app, "keys")
    for name, binding in _ACTIONS.items():
        assert f"| `{name}` | `{keymap.shown(binding)}` | {binding.description} |" in text


def test_a_key_is_shown_as_it_is_typed() -> None:
    """Signs as themselves, names with a capital."""
    data = b"[keys]\npause = '+'\nabort = 'Space'\nlog = 'ctrl+l'\nleave = 'Q'"
    keys = parse_settings(data, source="x", actions=_ACTIONS).keys
    assert [key_shown(key) for key in keys.values()] == ["+", "Space", "Ctrl+L", "Q"]

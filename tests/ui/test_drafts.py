"""Decisions survive the terminal: they are kept as they are made, offered the next time, and written for scripts."""

from pathlib import Path

import pytest
from textual.widgets import Input

from avnwizard.domain.answers import Answers, Decision, read_answers
from avnwizard.domain.secret import Secret
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade import drafts, inputs
from avnwizard.ui.app import WizardApp
from avnwizard.ui.screens.ask import Ask
from avnwizard.ui.screens.changelog import ChangelogPage
from avnwizard.ui.screens.environment import EnvironmentPage
from avnwizard.ui.screens.releases import ReleasesPage
from screenshots.scenes import press, settle, unhurried
from tests.flows.cli import answer_all
from tests.ui.conftest import USUAL, Open, seen, wizard
from tests.ui.test_deciding import SECRET, to_environment


async def test_a_lost_terminal_loses_no_answer(opened: Open, host: Host) -> None:
    """The app ends without a word; the next one offers what was decided, and asks for the typed secret again."""
    async with opened() as pilot:
        await to_environment(pilot)
        await press(pilot, "home")
        while (where := wizard(pilot).screen) and SECRET not in seen(pilot).split("\n ? open")[-1][:60]:
            assert isinstance(where, EnvironmentPage)
            await press(pilot, "down")
        await press(pilot, "e")
        pilot.app.screen.query_one(Input).insert_text_at_cursor("hunter2-and-more-of-it")
        await press(pilot, "enter")
        given = dict(wizard(pilot).choices.upgrade.answers.given)
        assert f"value:{SECRET}" in given
    (kept,) = (host.state.folder / "drafts").iterdir()
    assert "hunter2" not in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    async with opened() as pilot:
        await press(pilot, "enter", "down", "enter")
        asked = wizard(pilot).screen
        assert isinstance(asked, Ask)
        shown = " ".join(seen(pilot).split())
        assert f"There are {len(given) - 1} answers for this release from just now." in shown
        assert "1 secret that you typed will be asked again." in shown
        await press(pilot, "enter")
        assert isinstance(wizard(pilot).screen, ChangelogPage)
        upgrade = wizard(pilot).choices.upgrade
        assert set(upgrade.answers.given) == set(given) - {f"value:{SECRET}"}
        assert [one.key for one in upgrade.open(env=True)] == [SECRET]
    async with opened() as pilot:
        await press(pilot, "enter", "down", "enter", "escape")
        assert isinstance(wizard(pilot).screen, ReleasesPage), "Escape goes back, and keeps what there is"
        await press(pilot, "enter")
        assert "b begin again" in seen(pilot)
        await press(pilot, "b")
        assert isinstance(wizard(pilot).screen, ChangelogPage)
        assert not wizard(pilot).choices.upgrade.answers.given, "begun anew"


async def test_an_answers_file_fills_the_wizard(host: Host, tmp_path: Path) -> None:
    """`avnwizard --answers FILE`: nothing is left to decide for that release; for another one it is refused."""
    file = answer_all(host.repo.directory, "v2.0.0", tmp_path / "answers.toml")
    app = WizardApp(host, moment=unhurried(), given=(file.read_text(), str(file)))
    async with app.run_test(size=USUAL) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "home", "enter")
        assert "answers for another upgrade" in " ".join(seen(pilot).split())
        await press(pilot, "down")
        while app.screen.query_one("Rows").chosen != "v2.0.0":  # type: ignore[attr-defined]  # Rows
            await press(pilot, "down")
        await press(pilot, "enter")
        assert isinstance(app.screen, ChangelogPage)
        assert "All 4 breaking changes acknowledged" in seen(pilot)
        assert app.choices.upgrade.open(env=True) == ()


def test_plan_and_answers_are_written_for_the_command_line(host: Host) -> None:
    """The file answers the same questions with the same answers, a typed secret too, and both are private."""
    from avnwizard.flows.upgrade.planning import prepare

    draft = inputs.draft(host, "v2.0.0")
    taken = Answers().accepting(draft.decisions(Answers()))
    answers = Answers({**taken.given, f"value:{SECRET}": Secret("hunter2-and-more-of-it")})
    decisions = draft.decisions(answers)
    plan, told = drafts.export(host, prepare(host, draft, answers).plan, answers, decisions)
    again = read_answers(told.read_text(), source="f", current="v1.5.0", target="v2.0.0")
    assert {name: one.reveal() for name, one in again.given.items()} == {
        name: one.reveal() for name, one in answers.given.items()
    }
    assert "hunter2" not in plan.read_text()
    assert {file.stat().st_mode & 0o777 for file in (plan, told)} == {0o600}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"from": "v1.4.2", "to": "v2.0.0"}', '{"from": "v1.5.0", "to": "v2.0.0"}']
)
def test_a_draft_that_makes_no_sense_is_none(host: Host, text: str) -> None:
    """Of another upgrade, or damaged: the wizard begins anew."""
    folder = host.state.folder / "drafts"
    folder.mkdir(parents=True)
    (folder / "v2.0.0.json").write_text(text)
    assert drafts.load(host, "v1.5.0", "v2.0.0") is None


def test_what_may_not_be_kept_is_counted() -> None:
    """A typed secret, a value with a password in a URL, and an answer to a question that is no longer asked."""
    decisions = [Decision("value", "A", "?", secret=True), Decision("value", "B", "?"), Decision("value", "C", "?")]
    answers = {"value:A": "x" * 20, "value:B": "smtp://u:pw@h", "value:C": "plain", "value:D": "gone"}
    kept, left_out = drafts.without_secrets(Answers({k: Secret(v) for k, v in answers.items()}), decisions)
    assert (kept, left_out) == ({"value:C": "plain"}, 3)

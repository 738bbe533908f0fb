"""The screens that decide: what a key does to the answers, and that nothing goes on before everything is answered."""

from textual.pilot import Pilot
from textual.widgets import Input

from avnwizard.domain.answers import GENERATE
from avnwizard.flows.host import Host
from avnwizard.ui.screens.ask import Ask
from avnwizard.ui.screens.changelog import ChangelogPage
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.env_diff import EnvDiffPage
from avnwizard.ui.screens.environment import EnvironmentPage
from avnwizard.ui.screens.releases import ReleasesPage
from avnwizard.ui.screens.review import ReviewPage
from avnwizard.ui.screens.snapshot import SnapshotPage
from avnwizard.ui.screens.stand import StandPage
from avnwizard.ui.widgets.rows import Rows
from screenshots.scenes import press, type_word
from tests.ui.conftest import Open, seen, wizard

SECRET = "GATEWAY_SIGNING_SECRET"


async def to_changelog(pilot: Pilot[int]) -> None:
    """As far as the changelog of v2.0.0."""
    await press(pilot, "enter", "down", "enter")
    assert isinstance(pilot.app.screen, ChangelogPage)


async def to_environment(pilot: Pilot[int]) -> None:
    """As far as the environment."""
    await to_changelog(pilot)
    await press(pilot, "space", "space", "space", "space", "enter")
    assert isinstance(pilot.app.screen, EnvironmentPage)


async def to_snapshot(pilot: Pilot[int]) -> None:
    """As far as the snapshot."""
    await to_environment(pilot)
    await press(pilot, "space", "enter")
    assert isinstance(pilot.app.screen, SnapshotPage)


def answer(pilot: Pilot[int], identity: str) -> str | None:
    """What was answered, None for nothing."""
    given = wizard(pilot).choices.upgrade.answers.given.get(identity)
    return given.reveal() if given else None


async def test_first_screen_says_where_the_stack_stands(opened: Open) -> None:
    """Release, health, pins, findings and what can be done are on the first screen."""
    async with opened() as pilot:
        shown = seen(pilot)
    for fact in ("v1.5.0 of 2025-07-06", "22 of 22 serve", "in step with the release", "local edits", "Upgrade"):
        assert fact in shown


async def test_an_ailing_service_is_named_with_what_ails_it(opened: Open, host: Host) -> None:
    """A stopped container is shown first, by name and word, and the finding says how to mend it."""
    gone = next(one for one in host.stack.containers() if one.service == "audit")
    host.stack.stop(gone.id, grace_s=1)
    async with opened() as pilot:
        shown = seen(pilot)
    assert "✗ 21 of 22 serve" in shown
    assert "✗audit (exited)" in shown
    assert "docker compose logs --tail 50 audit" in shown


async def test_releases_can_be_chosen_without_a_remote(opened: Open, host: Host) -> None:
    """Where the remote does not answer, the releases that are here are offered, and the screen says why."""
    config = host.repo.git_dir / "config"
    config.write_text(config.read_text("utf-8").replace("remote.git", "gone.git"), "utf-8")
    async with opened() as pilot:
        await press(pilot, "enter")
        for _ in range(200):
            if "These are the releases that are here" in seen(pilot):
                break
            await pilot.pause(0.02)
        shown = seen(pilot)
        assert "v2.1.0" in shown
        shown = " ".join(shown.split())
        assert "These are the releases that are here. The remote was not reached: fatal: " in shown
        assert "git -C" not in shown, "the reason, and not the command"


async def test_the_recommended_release_is_marked_and_told_why(opened: Open) -> None:
    """The mark, the reason, the counts, and what its migrations mean for going back."""
    async with opened() as pilot:
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ReleasesPage)
        shown = seen(pilot)
    assert "✓ v2.1.0" in shown
    assert "recommended: the newest of the next major" in shown
    assert "3 migrations, 4 env, 4 breaking" in shown
    assert "going back then" in shown


async def test_changelog_holds_back_until_each_item_is_acknowledged(opened: Open) -> None:
    """Enter stays while one is left, and says how many; Space acknowledges one and can take it back."""
    async with opened() as pilot:
        await to_changelog(pilot)
        await press(pilot, "space", "space", "space", "enter")
        assert isinstance(pilot.app.screen, ChangelogPage)
        assert "1 breaking change left" in seen(pilot)
        await press(pilot, "home", "space")
        assert answer(pilot, "acknowledge:2.0.0/1") is None
        assert "2 of 4 breaking changes left" in seen(pilot)


async def test_search_goes_to_what_is_sought(opened: Open) -> None:
    """`/` finds text in any part, `n` the next; what is not there is said."""
    async with opened() as pilot:
        await to_changelog(pilot)
        await press(pilot, "slash")
        await type_word(pilot, "valkey")
        assert pilot.app.screen.query_one(Rows).chosen == "notes:2.0.0"
        assert "'valkey' is in 1 of 7 parts" in seen(pilot)
        await press(pilot, "slash")
        await type_word(pilot, "s")
        await press(pilot, "slash", *["backspace"] * 10)
        await type_word(pilot, "nowhere")
        assert "Nothing here says" in seen(pilot)


async def test_answers_survive_going_back_and_coming_again(opened: Open) -> None:
    """Acknowledgements and settings are found again, even after another release was looked at."""
    async with opened() as pilot:
        await to_environment(pilot)
        await press(pilot, "space", "escape", "escape", "home", "enter", "escape", "down", "enter", "enter")
        assert isinstance(pilot.app.screen, EnvironmentPage)
        assert answer(pilot, f"value:{SECRET}") == GENERATE
        assert wizard(pilot).choices.upgrade.target == "v2.0.0"


async def test_environment_holds_back_and_goes_to_what_is_open(opened: Open) -> None:
    """Enter with an open setting stays, names it and highlights it."""
    async with opened() as pilot:
        await to_environment(pilot)
        await press(pilot, "home", "enter")
        assert isinstance(pilot.app.screen, EnvironmentPage)
        assert pilot.app.screen.query_one(Rows).chosen == f"value:{SECRET}"
        assert f"1 setting to be decided: {SECRET}" in seen(pilot)


async def test_a_refused_rename_opens_its_own_questions(opened: Open) -> None:
    """Not a rename: the new name needs a value then, and the old one would be commented out."""
    async with opened() as pilot:
        await to_environment(pilot)
        await press(pilot, "home", "x")
        assert answer(pilot, "rename:SMTP_URL") == ""
        topics = {one.id for one in wizard(pilot).choices.upgrade.decisions(env=True)}
        assert {"value:COURIER_SMTP_URL", "remove:SMTP_URL"} <= topics
        await press(pilot, "home", "space")
        assert answer(pilot, "rename:SMTP_URL") == "COURIER_SMTP_URL"


async def test_another_name_must_be_one_that_the_file_lacks(opened: Open) -> None:
    """A name that is taken is refused on the spot, another is taken."""
    async with opened() as pilot:
        await to_environment(pilot)
        await press(pilot, "home", "e", *["backspace"] * 20)
        await _type(pilot, "LOG_LEVEL")
        assert "set already" in seen(pilot)
        await press(pilot, *["backspace"] * 20)
        await _type(pilot, "MAIL_URL")
        assert answer(pilot, "rename:SMTP_URL") == "MAIL_URL"


async def _type(pilot: Pilot[int], text: str) -> None:
    pilot.app.screen.query_one(Input).insert_text_at_cursor(text)
    await press(pilot, "enter")


async def test_a_removal_can_be_kept(opened: Open) -> None:
    """The key x keeps a setting that would be commented out; the plan leaves it alone."""
    async with opened() as pilot:
        await to_environment(pilot)
        await press(pilot, "end", "x")
        assert answer(pilot, "remove:AUDIT_LEGACY_SINK") == "keep"
        assert "kept as it is" in seen(pilot)


async def test_an_entered_secret_is_never_on_the_screen(opened: Open) -> None:
    """Neither while it is typed, nor in the list, the diff, the plan; but it is what will be written."""
    async with opened() as pilot:
        await to_environment(pilot)
        await press(pilot, "e")
        pilot.app.screen.query_one(Input).insert_text_at_cursor("topsecretvalue77")
        await pilot.pause()
        assert "topsecretvalue77" not in seen(pilot)
        await press(pilot, "enter")
        assert "topsecretvalue77" not in seen(pilot)
        await press(pilot, "d")
        assert isinstance(pilot.app.screen, EnvDiffPage)
        assert "topsecretvalue77" not in seen(pilot)
        await press(pilot, "escape", "enter")
        prepared = wizard(pilot).choices.upgrade.prepared
        assert prepared is not None
        assert f"{SECRET}=topsecretvalue77" in prepared.env_after.decode()
        assert "topsecretvalue77" not in repr(prepared.plan)


async def test_a_secret_shows_while_its_key_is_held(opened: Open, host: Host) -> None:
    """The key v shows the password in the URL; a moment after the last v it is masked again."""
    env = host.files.read(host.stack.project.env_file).decode()
    password = next(line for line in env.splitlines() if line.startswith("SMTP_URL=")).split(":")[2].split("@")[0]
    async with opened() as pilot:
        await to_environment(pilot)
        await press(pilot, "home")
        assert "Written           COURIER_SMTP_URL=smtps://***@" in seen(pilot), "in full, at 80 columns"
        assert password not in seen(pilot)
        await press(pilot, "v")
        assert password in seen(pilot)
        for _ in range(500):
            if password not in seen(pilot):
                break
            await pilot.pause(0.02)
        assert password not in seen(pilot)


async def test_the_snapshot_is_off_only_by_the_stacks_name(opened: Open) -> None:
    """The key x asks for the name; another word leaves it on, the name turns it off, and x on again."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "x")
        assert isinstance(pilot.app.screen, ConfirmName)
        await type_word(pilot, "yes")
        assert "That is not avnology" in seen(pilot)
        await press(pilot, "escape")
        assert wizard(pilot).choices.upgrade.snapshot
        await press(pilot, "x")
        await type_word(pilot, "avnology")
        plan = wizard(pilot).choices.upgrade.prepared
        assert plan is not None
        assert not plan.plan.snapshot.taken
        assert "No snapshot will be taken" in seen(pilot)
        await press(pilot, "x")
        assert wizard(pilot).choices.upgrade.snapshot


async def test_the_review_shows_the_exact_commands(opened: Open) -> None:
    """Each step's commands stand there as the plan has them, with what going back costs."""
    async with opened((160, 60)) as pilot:
        await to_snapshot(pilot)
        await press(pilot, "enter", "down")
        page = pilot.app.screen
        assert isinstance(page, ReviewPage)
        shown = " ".join(seen(pilot).split())
        assert " ".join(page.plan.steps[1].commands[0]) in shown
        assert "Going back: the files go back; nobody notices" in shown


async def test_nothing_starts_over_a_finding_that_says_stop(opened: Open, host: Host) -> None:
    """A stack that is not fit is told, and Enter asks for no confirmation."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        gone = next(one for one in host.stack.containers() if one.service == "audit")
        host.stack.stop(gone.id, grace_s=1)
        await press(pilot, "enter", "enter")
        assert isinstance(pilot.app.screen, ReviewPage)
        assert "Cannot start: audit is exited" in seen(pilot)
    assert host.journal().runs() == []


async def test_a_wrong_tag_starts_nothing(opened: Open, host: Host) -> None:
    """Typing another word, or nothing, leaves the stack alone; Escape keeps the plan."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "enter", "enter", "enter")
        assert "Nothing was typed" in seen(pilot)
        await type_word(pilot, "v2.1.0")
        assert "That is not v2.0.0" in seen(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, ReviewPage)
    assert host.journal().runs() == []


async def test_leaving_with_answers_is_asked_about(opened: Open) -> None:
    """The key q after an answer asks, Escape stays; without answers it leaves at once."""
    async with opened() as pilot:
        await to_changelog(pilot)
        await press(pilot, "space", "q")
        assert isinstance(pilot.app.screen, Ask)
        assert "Leave the wizard?" in seen(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, ChangelogPage)
        await press(pilot, "escape", "escape")
        assert isinstance(pilot.app.screen, StandPage)

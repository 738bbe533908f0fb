"""Decisions by keys alone, asserted on the plan: the recommended major, and a release with very much to decide."""

from avnwizard.flows.host import Host
from avnwizard.ui.app import WizardApp
from avnwizard.wiring import open_host
from screenshots.scenes import settle, unhurried
from tests.ui.by_keys import decide
from tests.ui.conftest import USUAL, Open, seen, wizard
from tests.ui.large_release import BREAKING, FROM, SETTINGS, TO, make_large_release


async def test_the_recommended_major(opened: Open) -> None:
    """Enter takes the recommended release; each breaking change and the one open setting takes one key."""
    async with opened() as pilot:
        keys = await decide(pilot)
        prepared = wizard(pilot).choices.upgrade.prepared
        assert prepared
        plan = prepared.plan
        assert (plan.target.tag, len(plan.breaking), len(plan.env), plan.snapshot.taken) == ("v2.1.0", 4, 5, True)
        assert keys == 6 + 4 + 1


async def test_a_release_with_very_much_to_decide(host: Host) -> None:
    """64 breaking changes and 44 settings: one key for each that is open, and nothing of it is lost in the plan."""
    make_large_release(host.repo.directory)
    app = WizardApp(open_host(host.repo.directory), moment=unhurried())
    async with app.run_test(size=USUAL) as pilot:
        await settle(pilot)
        assert FROM in seen(pilot)
        keys = await decide(pilot)
        prepared = app.choices.upgrade.prepared
        assert prepared
        plan = prepared.plan
        assert (plan.current.tag, plan.target.tag) == (FROM, TO)
        decided = app.choices.upgrade.decisions(env=True)
        assert (len(plan.breaking), len(decided)) == (BREAKING, SETTINGS)
        assert len(plan.env) == SETTINGS - 6, "what holds a value of the operator's is kept"
        renamed = {edit.key for edit in plan.env if edit.action == "rename"}
        assert {f"OPTION_{n:02}" for n in range(19)} < renamed
        assert keys <= 6 + BREAKING + SETTINGS

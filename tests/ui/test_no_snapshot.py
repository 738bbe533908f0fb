"""The wizard on a stack without a database of its own: no page promises a snapshot or a restore."""

from dataclasses import replace

from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.flows.host import Host
from avnwizard.ui.app import WizardApp
from screenshots.scenes import press, settle
from tests.ui.conftest import LARGE, seen
from tests.ui.test_deciding import to_snapshot


async def test_no_page_promises_a_restore(host: Host) -> None:
    """The snapshot's page says why there is none, the review that a migration cannot be undone."""
    app = WizardApp(replace(host, choice=DatabaseChoice(others=("audit-db",), declared_none=True)))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await to_snapshot(pilot)
        page = " ".join(seen(pilot).split())
        assert "No snapshot will be taken" in page
        assert "avnwizard.toml says that this stack has no database of its own" in page
        assert "audit-db runs PostgreSQL and is in no snapshot" in page
        assert "after all" not in page
        await press(pilot, "enter")
        review = seen(pilot)
        assert "cannot be undone" in review
        assert "+ restore" not in review
        assert "a restore" not in review

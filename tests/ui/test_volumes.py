"""The volumes that a snapshot holds too."""

from screenshots.scenes import press
from tests.ui.conftest import Open, seen, wizard
from tests.ui.test_deciding import to_snapshot


async def test_volumes_are_chosen_and_planned(opened: Open) -> None:
    """The key v opens the list, space chooses, Enter takes it into the plan; Escape changes nothing."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        assert "no volume; there are 4 (v)" in seen(pilot)
        await press(pilot, "v", "space", "escape")
        assert "no volume; there are 4 (v)" in seen(pilot)
        await press(pilot, "v", "space", "enter")
        prepared = wizard(pilot).choices.upgrade.prepared
        assert prepared
        assert prepared.plan.snapshot.volumes == prepared.plan.snapshot.offered[:1] == ("minio_data",)
        assert "volumes: minio_data" in seen(pilot)
        assert any("minio_data" in step.note for step in prepared.plan.steps)
        assert "restored: into a scratch database" in seen(pilot)

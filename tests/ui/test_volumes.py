"""The volumes that a snapshot holds too."""

import pytest

from avnwizard.ui.widgets.rows import Rows
from screenshots.scenes import press, settle
from tests.ui.conftest import Open, seen, wizard
from tests.ui.test_deciding import to_snapshot


async def test_volumes_are_chosen_and_planned(opened: Open) -> None:
    """The key v opens the list, space chooses, Enter takes it into the plan; Escape changes nothing."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        assert "no volume; v chooses from 4" in seen(pilot)
        await press(pilot, "v", "space", "escape")
        assert "no volume; v chooses from 4" in seen(pilot)
        await press(pilot, "v", "space", "enter")
        prepared = wizard(pilot).choices.upgrade.prepared
        assert prepared
        assert prepared.plan.snapshot.volumes == prepared.plan.snapshot.offered[:1] == ("minio_data",)
        assert "volumes: minio_data" in seen(pilot)
        assert any("minio_data" in step.note for step in prepared.plan.steps)
        assert "restored: into a scratch database" in seen(pilot)


async def test_the_list_is_narrowed_by_a_text(opened: Open) -> None:
    """`/` as in every list; Escape shows all again first, and what was chosen meanwhile stays."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "v", "slash", *"nats", "enter")
        assert _boxes(seen(pilot)) == {"nats_data": "[ ]"}
        await press(pilot, "space", "escape")
        assert _boxes(seen(pilot)) == {name: "[x]" if name == "nats_data" else "[ ]" for name in _VOLUMES}
        await press(pilot, "enter")
        assert "volumes: nats_data" in seen(pilot)


@pytest.mark.parametrize("no_color", ["", "1"])
async def test_what_is_chosen_is_told_without_colour(
    opened: Open, monkeypatch: pytest.MonkeyPatch, no_color: str
) -> None:
    """The rows differ in their text: `[x]` and `[ ]`, each with the volume's size; Space takes a choice back."""
    monkeypatch.setenv("NO_COLOR", no_color)
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "v")
        assert _boxes(seen(pilot)) == dict.fromkeys(_VOLUMES, "[ ]")
        assert not seen(pilot).splitlines()[-1].strip(), "the page's own keys do nothing now"
        await press(pilot, "down", "space")
        assert _boxes(seen(pilot)) == {name: "[x]" if name == "nats_data" else "[ ]" for name in _VOLUMES}
        assert "nats_data                                   21 B" in seen(pilot)
        await press(pilot, "space")
        assert _boxes(seen(pilot)) == dict.fromkeys(_VOLUMES, "[ ]")
        await press(pilot, "end", "down", "space", "enter")
        assert "v Volumes" in seen(pilot)
        await press(pilot, "v")
        assert _boxes(seen(pilot))["valkey_data"] == "[x]", "what was taken is shown again"


async def test_a_click_chooses_one_volume(opened: Open) -> None:
    """It does what Space does to the row that is clicked, and neither takes the choice nor closes the list."""
    async with opened() as pilot:
        await to_snapshot(pilot)
        await press(pilot, "v")
        line = next(number for number, row in enumerate(seen(pilot).splitlines()) if "traefik_certs" in row)
        await pilot.click(offset=(20, line))
        await settle(pilot)
        assert _boxes(seen(pilot))["traefik_certs"] == "[x]"
        assert pilot.app.screen.query_one(Rows).chosen == "traefik_certs"


_VOLUMES = ("minio_data", "nats_data", "traefik_certs", "valkey_data")


def _boxes(shown: str) -> dict[str, str]:
    """Volume -> its box, as they are on the screen."""
    found = {}
    for line in shown.splitlines():
        box, _, rest = line.partition("]")
        if name := next((one for one in _VOLUMES if one in rest), ""):
            found[name] = box[-2:] + "]"
    return found

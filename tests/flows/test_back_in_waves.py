"""Which services of a rollback go back at the same time."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.flows.rollback.back_in_waves import back_in_waves, jobs_at_once

if TYPE_CHECKING:
    from avnwizard.domain.config import Strategy


def _host() -> Any:
    return SimpleNamespace(
        edge=SimpleNamespace(facts=lambda: None),
        postgres_service="",
        choice=DatabaseChoice(),
        config=SimpleNamespace(roll=SimpleNamespace(at_once=9)),
    )


def test_an_image_name_is_lent_to_one_service_at_a_time() -> None:
    """Services of one image name that ran different images would take the name from each other."""
    images = {"web": "app:1", "docs": "app:1", "audit": "audit:1", "risk": "risk:1"}
    model = model_from_config({"name": "x", "services": {name: {"image": one} for name, one in images.items()}})
    services: tuple[tuple[str, Strategy], ...] = tuple((name, "surge") for name in images)
    assert back_in_waves(_host(), model, services)[1] == (("web", "docs", "audit", "risk"),)
    order, waves = back_in_waves(_host(), model, services, ("app:1",))
    assert waves == (("audit", "risk"),)
    assert sorted(name for name, _ in order) == sorted(images)
    assert jobs_at_once(model, ["web", "docs"]) == (("web", "docs"),)
    assert jobs_at_once(model, ["web", "docs"], ("app:1",)) == ()

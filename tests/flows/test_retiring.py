"""Which services a release removes, and which are left alone: those that it never started."""

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plan import ServicePlan
from avnwizard.errors import RefusedError
from avnwizard.flows.safety import retiring
from avnwizard.flows.stack.former_release import gone_for_good, old_services

if TYPE_CHECKING:
    from avnwizard.domain.plan import Plan

from tests.flows.safety_world import World, model_of, world

__all__ = ["world"]


def _others(world: World, now: ComposeModel, target: ComposeModel, files: str) -> dict[str, str]:
    found = retiring.sort_out(
        world.host, world.containers, now=now, target=target, files=[files.encode()], release="v2"
    )
    return {one.service: one.sentence for one in found.left_alone} | dict.fromkeys(found.retire, "retire")


def test_what_is_retired(world: World) -> None:
    """Only what this release starts and the next one does not have; the rest is named with the reason."""
    (world.folder / "compose.yml").write_text(
        "services: {postgres: {}, mailer: {}, old: {profiles: [x]}, debug: {}}\n"
    )
    for service in ("mailer", "old", "debug", "orphan"):
        world.add(service)
    world.add("grafana", made_from=(str(world.folder / "compose.yml"), "/srv/monitoring.yml"))
    world.add("nothing", made_from=())
    now = model_of(postgres={}, mailer={}, grafana={}, nothing={})
    found = _others(world, now, model_of(postgres={}), "services: {postgres: {}, debug: {profiles: [x]}}")
    assert found["mailer"] == "retire"
    reasons = {
        "debug": "v2 has it in a profile that is not switched on",
        "old": "here its profile is not switched on",
        "orphan": "no compose file of this stack names it",
        "grafana": "was started from",
        "nothing": "unknown files",
    }
    assert found.keys() == {"mailer", *reasons}
    for service, reason in reasons.items():
        assert reason in found[service]
        assert found[service].startswith(f"{service} is left as it is, with i:1")


def test_a_name_that_a_stranger_has(world: World) -> None:
    """A release that brings a service of that name would replace the stranger's container; ours is updated."""
    now, target = model_of(postgres={}), model_of(postgres={}, grafana={})
    world.add("grafana")
    retiring.require_no_stranger(world.host, world.containers, now=now, target=target, release="v2")
    world.containers[-1] = replace(world.containers[-1], made_from=("/srv/monitoring.yml",))
    with pytest.raises(RefusedError, match="it would be replaced"):
        retiring.require_no_stranger(world.host, world.containers, now=now, target=target, release="v2")
    retiring.require_no_stranger(world.host, world.containers, now=target, target=target, release="v2")


def test_what_an_earlier_version_retired_for_good() -> None:
    """No compose file of before names it, so a rollback leaves it out; what that release had comes back."""
    retired = [ServicePlan(name, "retire", "", "i:1", "", "") for name in ("grafana", "mailer")]
    plan = cast("Plan", SimpleNamespace(services=(ServicePlan("web", "recreate", "", "i:1", "i:2", ""), *retired)))
    model = model_of(web={}, mailer={}, postgres={})
    assert gone_for_good(model, plan) == ("grafana",)
    assert {name for name, _ in old_services(model, plan)} == {"web", "mailer", "postgres"}

"""How many containers a service has: scaled by hand, switched off by the files, or none of Compose's own."""

import pytest

from avnwizard.errors import ExitCode
from tests.zoo.parts import app, compose, traefik, worker
from tests.zoo.stack import COMPOSE_FILE, NONE, TOML, UP, ZooStack, bring_up

pytestmark = pytest.mark.engine
TAGS = ("v1.5.0", "v1.6.0")


def _count(zoo: ZooStack, service: str) -> int:
    return sum(one.state == "running" for one in zoo.containers(service))


def test_services_that_were_scaled_by_hand_stay_so(zoo: ZooStack) -> None:
    """Zoo 29: three of web, rolled new beside old, and two of worker, recreated: as many there and back."""
    releases = {
        tag: {
            COMPOSE_FILE: compose(
                {"traefik": traefik(), "web": app("web", tag), "worker": worker(tag, volumes=["data:/data"])}
            )
        }
        for tag in TAGS
    }
    settings = {"avnwizard.toml": TOML + NONE + '\n[rollback.data]\nworker = "keep"\n'}
    bring_up(zoo, releases, operator=settings, up=[(*UP, "--scale", "web=3", "--scale", "worker=2")])
    plan = {one["service"]: one for one in zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data["services"]}
    assert (plan["web"]["replicas"], plan["worker"]["replicas"], plan["traefik"]["replicas"]) == (3, 2, 0)
    assert "3 run and are kept, the files name 1 container" in plan["web"]["reason"]
    with zoo.load("web") as load:
        there = zoo.upgrade()
        assert there.code == ExitCode.DONE, there.err
        assert (_count(zoo, "web"), _count(zoo, "worker"), zoo.version("web")) == (3, 2, "v1.6.0")
        back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert (_count(zoo, "web"), _count(zoo, "worker"), zoo.version("web")) == (3, 2, "v1.5.0")
    assert load.report
    assert load.report.lost_total == 0, load.report


def test_services_without_a_container_are_not_missing(zoo: ZooStack) -> None:
    """Zoo 21: `replicas: 0` and a provider's service; one that a release switches off goes, and comes back."""
    off, on = {"deploy": {"replicas": 0}}, {"deploy": {"replicas": 1}}
    shared = {"provider": {"type": "awesomecloud", "options": {"type": "vpn"}}}
    services = {
        tag: {"web": worker(tag), "idle": worker(tag, **off), "old": worker("v1.5.0", **state), "vpn": shared}
        for tag, state in zip(TAGS, (on, off), strict=True)
    }
    releases = {tag: {COMPOSE_FILE: compose(services[tag])} for tag in TAGS}
    bring_up(zoo, releases, up=[(*UP, "web", "old")])
    check = zoo.avnwizard("check")
    assert check.code == ExitCode.DONE, check.out
    plan = {one["service"]: one for one in zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data["services"]}
    assert {name: one["strategy"] for name, one in plan.items()} == {"web": "surge", "old": "retire"}
    assert "the release switches it off" in plan["old"]["reason"]
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert {one.service for one in zoo.containers()} == {"web"}
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert {one.service: zoo.image_of(one.service).rpartition(":")[2] for one in zoo.containers()} == {
        "web": "v1.5.0",
        "old": "v1.5.0",
    }

"""What an upgrade removes and what it leaves alone: profiles, other compose files, ports and names that move."""

from collections.abc import Mapping

import pytest

from avnwizard.errors import ExitCode
from tests.zoo.parts import Body, app, compose, postgres, traefik
from tests.zoo.stack import COMPOSE_FILE, UP, ZooStack, bring_up
from tests.zoo.test_mounts import idle

pytestmark = pytest.mark.engine


def _two(old: Mapping[str, Body], new: Mapping[str, Body]) -> dict[str, dict[str, str]]:
    return {
        "v1.5.0": {COMPOSE_FILE: compose({"postgres": postgres(), "web": idle("v1.5.0"), **old})},
        "v1.6.0": {COMPOSE_FILE: compose({"postgres": postgres(), "web": idle("v1.6.0"), **new})},
    }


def _there_and_back(zoo: ZooStack, service: str, *words: str) -> None:
    """Assert that check and plan name the service, and that an upgrade and its rollback leave its container alone."""
    before = [one.id for one in zoo.containers(service)]
    assert before
    checked = zoo.avnwizard("check", "--json")
    planned = zoo.avnwizard("plan", "--to", "v1.6.0", "--json")
    told = [one["message"] for one in checked.data], planned.data["warnings"]
    for lines in told:
        assert any(all(word in line for word in (service, *words)) for line in lines), lines
    assert service not in [part["service"] for part in planned.data["services"]]
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert [one.id for one in zoo.containers(service) if one.state == "running"] == before
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert [one.id for one in zoo.containers(service) if one.state == "running"] == before


def test_a_service_of_a_profile_that_was_switched_on_by_hand(zoo: ZooStack) -> None:
    """Zoo 09: `--profile debug` started adminer; the release has it too, so it is neither removed nor rolled."""
    old, new = ({"adminer": idle(tag, profiles=["debug"])} for tag in ("v1.5.0", "v1.6.0"))
    bring_up(zoo, _two(old, new), up=[(*UP[:2], "--profile", "debug", *UP[2:])])
    _there_and_back(zoo, "adminer", "in a profile that is not switched on", "valkey:8.0")


def test_a_service_of_another_compose_file(zoo: ZooStack) -> None:
    """Zoo 10: the operator's own monitoring.yml in the same project: left alone, and the rollback has no dead end."""
    monitoring = compose({"grafana": idle("v1.5.0")})
    up = (UP, ("docker", "compose", "-f", "monitoring.yml", "up", "-d", "--quiet-pull"))
    bring_up(zoo, _two({}, {}), operator={"monitoring.yml": monitoring}, up=up)
    _there_and_back(zoo, "grafana", "monitoring.yml")


def test_a_release_that_brings_the_name_of_a_stranger(zoo: ZooStack) -> None:
    """The operator's grafana runs beside, and the release brings one of its own: Compose would replace it."""
    monitoring = compose({"grafana": idle("v1.5.0")})
    up = (UP, ("docker", "compose", "-f", "monitoring.yml", "up", "-d", "--quiet-pull"))
    releases = _two({}, {"grafana": idle("v1.6.0")})
    bring_up(zoo, releases, operator={"monitoring.yml": monitoring}, up=up)
    _refused(zoo, "grafana", "monitoring.yml", "it would be replaced")


def test_a_service_that_is_gone_is_retired_and_comes_back(zoo: ZooStack) -> None:
    """What this release starts and the next one does not have is removed, and started again by the rollback."""
    bring_up(zoo, _two({"mailer": idle("v1.5.0")}, {}))
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert zoo.containers("mailer") == []
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert [one.state for one in zoo.containers("mailer")] == ["running"]
    zoo.nothing_to_do()


def test_a_host_port_that_moves_to_another_service(zoo: ZooStack) -> None:
    """Zoo 12: the proxy is gone and web takes its port, which it could not bind while the proxy holds it."""
    port = ["127.0.0.1:@TLS@:8080"]
    old, new = {"proxy": idle("v1.5.0", ports=port)}, {"web": idle("v1.6.0", ports=port)}
    bring_up(zoo, _two(old, new))
    _refused(zoo, "the host port 127.0.0.1:", "to web", "proxy has it now")


def test_a_container_name_that_moves_to_another_service(zoo: ZooStack) -> None:
    """Zoo 12: the monolith is gone and the api takes its container_name."""
    name = {"container_name": "@PROJECT@-server"}
    bring_up(zoo, _two({"monolith": idle("v1.5.0", **name)}, {"api": idle("v1.6.0", **name)}))
    _refused(zoo, f"the container name {zoo.project}-server", "to api", "monolith has it now")


def _refused(zoo: ZooStack, *words: str) -> None:
    before = {one.id for one in zoo.containers() if one.state == "running"}
    said = zoo.upgrade()
    assert said.code == ExitCode.REFUSED, said.err
    missing = [word for word in (*words, "Nothing was changed.") if word not in said.err]
    assert not missing, f"{missing} in: {said.err}"
    assert {one.id for one in zoo.containers() if one.state == "running"} == before


def test_a_service_that_is_renamed_with_its_router(zoo: ZooStack) -> None:
    """Zoo 27: the old name goes once Traefik asks the new one, both ways: no request is lost."""
    releases = {
        tag: {COMPOSE_FILE: compose({"traefik": traefik(), name: app("web", tag)})}
        for tag, name in (("v1.5.0", "web"), ("v1.6.0", "frontend"))
    }
    bring_up(zoo, releases)
    assert zoo.version("web") == "v1.5.0"
    with zoo.load("web") as load:
        there = zoo.upgrade()
        assert there.code == ExitCode.DONE, there.err
        assert {one.service for one in zoo.containers()} == {"traefik", "frontend"}
        back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert {one.service for one in zoo.containers()} == {"traefik", "web"}
    assert load.report
    assert load.report.lost_total == 0, load.report

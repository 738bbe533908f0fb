"""What an upgrade removes and what it leaves alone: profiles, other compose files, ports and names that move."""

import pytest

from avnwizard.errors import ExitCode
from tests.zoo.parts import Body, app, compose, postgres, traefik
from tests.zoo.stack import COMPOSE_FILE, UP, ZooStack, bring_up
from tests.zoo.test_mounts import idle

pytestmark = pytest.mark.engine


_MONITORING = compose({"grafana": idle("v1.5.0")})
"""The operator's own, in the same project."""


def _release(tag: str, *, without: tuple[str, ...] = (), **changed: Body) -> dict[str, str]:
    """Web is another in each release, and so is the adminer of a profile; the others stay, but for what is given."""
    services: dict[str, Body] = {
        "postgres": postgres(),
        "web": idle(tag),
        "adminer": idle(tag, profiles=["debug"]),
        "mailer": idle("v1.5.0"),
        "proxy": idle("v1.5.0", ports=["127.0.0.1:@TLS@:8080"]),
        "monolith": idle("v1.5.0", container_name="@PROJECT@-server"),
        **changed,
    }
    return {COMPOSE_FILE: compose({name: body for name, body in services.items() if name not in without})}


def _running(zoo: ZooStack, service: str) -> list[str]:
    return [one.id for one in zoo.containers(service) if one.state == "running"]


def test_what_goes_and_what_is_left_alone(zoo: ZooStack) -> None:
    """Check and plan name what is not the release's; an upgrade and its rollback leave its containers alone.

    Zoo 09: `--profile debug` started adminer; the release has it too, so it is neither removed nor rolled. Zoo 10:
    the operator's own monitoring.yml in the same project: left alone, and the rollback has no dead end. What this
    release starts and the next one does not have is removed, and started again by the rollback. Three other releases
    would take what somebody has, and are refused.
    """
    releases = {
        "v1.5.0": _release("v1.5.0"),
        "v1.6.0": _release("v1.6.0", without=("mailer",)),
        "v1.7.0": _release("v1.7.0", grafana=idle("v1.7.0")),
        "v1.8.0": _release("v1.8.0", without=("proxy",), web=idle("v1.8.0", ports=["127.0.0.1:@TLS@:8080"])),
        "v1.9.0": _release("v1.9.0", without=("monolith",), api=idle("v1.9.0", container_name="@PROJECT@-server")),
    }
    up = ((*UP[:2], "--profile", "debug", *UP[2:]), ("docker", "compose", "-f", "monitoring.yml", *UP[2:]))
    bring_up(zoo, releases, operator={"monitoring.yml": _MONITORING}, up=up)

    # The release brings a grafana of its own: Compose would replace the operator's.
    _refused(zoo, "v1.7.0", "grafana", "monitoring.yml", "it would be replaced")
    # Zoo 12: the proxy is gone and web takes its port, which it could not bind while the proxy holds it.
    _refused(zoo, "v1.8.0", "the host port 127.0.0.1:", "to web", "proxy has it now")
    # Zoo 12: the monolith is gone and the api takes its container_name.
    _refused(zoo, "v1.9.0", f"the container name {zoo.project}-server", "to api", "monolith has it now")

    named = {"adminer": ("in a profile that is not switched on", "valkey:8.0"), "grafana": ("monitoring.yml",)}
    before = {service: _running(zoo, service) for service in named}
    assert all(before.values())
    checked = zoo.avnwizard("check", "--json")
    planned = zoo.avnwizard("plan", "--to", "v1.6.0", "--json")
    for lines in ([one["message"] for one in checked.data], planned.data["warnings"]):
        for service, words in named.items():
            assert any(all(word in line for word in (service, *words)) for line in lines), lines
    assert not set(named) & {part["service"] for part in planned.data["services"]}
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert {service: _running(zoo, service) for service in named} == before
    assert zoo.containers("mailer") == []
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert {service: _running(zoo, service) for service in named} == before
    assert [one.state for one in zoo.containers("mailer")] == ["running"]
    zoo.nothing_to_do()


def _refused(zoo: ZooStack, tag: str, *words: str) -> None:
    before = {one.id for one in zoo.containers() if one.state == "running"}
    said = zoo.upgrade(tag)
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

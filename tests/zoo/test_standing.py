"""Where a stack stands among networks and projects: the host's network, two networks, another project name."""

import pytest

from avnwizard.errors import ExitCode
from tests.zoo.parts import app, compose, traefik, worker
from tests.zoo.stack import COMPOSE_FILE, ENV, ZooStack, bring_up

pytestmark = pytest.mark.engine
TAGS = ("v1.5.0", "v1.6.0")


def _warnings(zoo: ZooStack) -> list[str]:
    return list(zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data["warnings"])


def test_a_traefik_on_the_hosts_network(zoo: ZooStack) -> None:
    """Zoo 22: it reaches containers on any bridge, so the director that the plan promises is there, both ways."""
    edge = traefik(network_mode="host")
    del edge["ports"], edge["healthcheck"]
    edge["command"] = [
        *(word for word in edge["command"] if not word.startswith(("--entrypoints", "--ping"))),
        "--entrypoints.web.address=127.0.0.1:@PORT@",
    ]
    releases = {tag: {COMPOSE_FILE: compose({"traefik": edge, "web": app("web", tag)})} for tag in TAGS}
    bring_up(zoo, releases)
    assert zoo.version("web") == "v1.5.0"
    with zoo.load("web") as load:
        there = zoo.upgrade()
        assert there.code == ExitCode.DONE, there.err
        assert zoo.version("web") == "v1.6.0"
        back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert "no director after all" not in there.err + back.err
    assert load.report
    assert load.report.lost_total == 0, load.report


def test_a_release_that_names_the_project_otherwise(zoo: ZooStack) -> None:
    """Zoo 26: rolled under the name that runs; the plan says what a plain `up` would do, and how to prevent that."""
    names = {"v1.5.0": "@PROJECT@", "v1.6.0": "@PROJECT@-next"}
    releases = {tag: {COMPOSE_FILE: compose({"web": worker(tag)}, name=name)} for tag, name in names.items()}
    bring_up(zoo, releases)
    (said,) = [one for one in _warnings(zoo) if "second, empty stack" in one]
    line = f"COMPOSE_PROJECT_NAME={zoo.project}"
    assert f"names the project {zoo.project}-next, and this stack is {zoo.project}" in said
    assert line in said
    (zoo.clone / ".env").write_text(f"{ENV}{line}\n")
    assert [one for one in _warnings(zoo) if "second, empty stack" in one] == []
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    zoo.nothing_to_do()


def test_a_service_on_two_networks_that_names_none_to_traefik(zoo: ZooStack) -> None:
    """Zoo 29: Traefik picks one at random, so the plan says so; with the label it does not."""
    both = {"networks": ["default", "inner"]}
    web = app("web", "v1.5.0", **both)
    named = {**web, "labels": {**web["labels"], "traefik.docker.network": "@PROJECT@_default"}}
    releases = {
        tag: {COMPOSE_FILE: compose({"traefik": traefik(), "web": body, "api": named}, networks={"inner": {}})}
        for tag, body in zip(TAGS, (web, {**web, "image": "@REG@/docs:v1.6.0"}), strict=True)
    }
    bring_up(zoo, releases)
    assert [one.partition(" is on several networks")[0] for one in _warnings(zoo) if "picks one" in one] == ["web"]

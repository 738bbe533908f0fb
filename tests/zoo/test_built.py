"""What an image brings or lacks: built on the host, never pulled, with a health check of its own."""

import pytest

from avnwizard.errors import ExitCode
from tests.zoo.parts import app, compose, traefik, worker
from tests.zoo.stack import COMPOSE_FILE, UP, ZooStack, bring_up, make

pytestmark = pytest.mark.engine
TAGS = ("v1.5.0", "v1.6.0")
BUILD = ("env", "DOCKER_BUILDKIT=0", *UP)


def _built(tag: str, label: str) -> dict[str, str]:
    """Built here under no name, under one of its own, and from a source that stays; `side` comes from a registry.

    With `env_file` a config hash is none that Compose prints, so Compose itself is asked whether it is as it was.
    """
    services = {
        "web": {**worker(tag), "build": {"context": "./web"}},
        "named": worker(tag, build={"context": "./web"}, image="@PROJECT@-local"),
        "same": {**worker(tag, env_file=[".env"]), "build": {"context": "./same"}},
        "side": worker(tag),
    }
    for name in ("web", "same"):
        del services[name]["image"]
    return {
        COMPOSE_FILE: compose(services),
        "web/Dockerfile": f"FROM @REG@/docs:v1.5.0\nLABEL rel={label}\n",
        "same/Dockerfile": "FROM @REG@/docs:v1.5.0\nLABEL rel=same\n",
    }


def test_a_source_that_changes_is_built(zoo: ZooStack) -> None:
    """Zoo 19: no registry is asked for it; the rollback starts the image that ran, under the name of both.

    The image of a source that stays is taken as it is; the rest of the stack is rolled, there and back.
    """
    bring_up(zoo, {tag: _built(tag, tag) for tag in TAGS}, up=[BUILD])
    before = {name: zoo.inspect(zoo.containers(name)[0].id) for name in ("web", "named")}
    (same,) = zoo.containers("same")
    plan = zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data
    parts = {one["service"]: (one["built"], one["pulled"]) for one in plan["services"]}
    assert {name: parts[name] for name in before} == dict.fromkeys(before, (True, False))
    pull = next(one for one in plan["steps"] if one["name"] == "pull")
    assert [one[-2:] for one in pull["commands"] if "build" in one] == [["build", "web"], ["build", "named"]]
    there = zoo.upgrade(env={"DOCKER_BUILDKIT": "0"})
    assert there.code == ExitCode.DONE, there.err
    for name, old in before.items():
        newer = zoo.inspect(zoo.containers(name)[0].id)
        assert (old["Config"]["Labels"]["rel"], newer["Config"]["Labels"]["rel"]) == TAGS, name
    assert (zoo.image_of("side").rpartition(":")[2], zoo.containers("same")[0].id) == ("v1.6.0", same.id)
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    for name, old in before.items():
        assert zoo.inspect(zoo.containers(name)[0].id)["Image"] == old["Image"], name
    assert (zoo.image_of("side").rpartition(":")[2], zoo.containers("same")[0].id) == ("v1.5.0", same.id)
    zoo.nothing_to_do()


def test_a_source_that_cannot_be_built_changes_no_service(zoo: ZooStack) -> None:
    """The run stops at the images, with the last lines of the build, and is rolled back."""
    broken = _built("v1.6.0", "new") | {"web/Dockerfile": "FROM @REG@/docs:v1.5.0\nCOPY nowhere /there\n"}
    bring_up(zoo, {"v1.5.0": _built("v1.5.0", "old"), "v1.6.0": broken}, up=[BUILD])
    before = [one.id for one in zoo.containers()]
    said = zoo.upgrade(env={"DOCKER_BUILDKIT": "0"})
    assert said.code == ExitCode.STEP_FAILED, said.err
    assert "nowhere" in said.err
    assert [one.id for one in zoo.containers()] == before
    assert zoo.rollback().code == ExitCode.DONE
    assert [one.id for one in zoo.containers()] == before


def test_an_image_that_is_never_pulled(zoo: ZooStack) -> None:
    """`pull_policy: never`: refused where the image is not here, and taken once it is loaded."""
    name = f"{zoo.project}-loaded"
    releases = {
        tag: {COMPOSE_FILE: compose({"web": worker(tag, image=f"{name}:{tag}", pull_policy="never")})} for tag in TAGS
    }
    make(zoo, releases)
    for tag in TAGS:
        zoo.lab.docker("pull", "-q", f"{zoo.lab.registry}/docs:{tag}")
    zoo.lab.docker("tag", f"{zoo.lab.registry}/docs:v1.5.0", f"{name}:v1.5.0")
    zoo.run(*UP)
    try:
        said = zoo.upgrade()
        assert said.code == ExitCode.REFUSED, said.err
        assert f"{name}:v1.6.0, which is not on this host" in said.err
        zoo.lab.docker("tag", f"{zoo.lab.registry}/docs:v1.6.0", f"{name}:v1.6.0")
        there = zoo.upgrade()
        assert there.code == ExitCode.DONE, there.err
        assert zoo.image_of("web") == f"{name}:v1.6.0"
        back = zoo.rollback()
        assert (back.code, zoo.image_of("web")) == (ExitCode.DONE, f"{name}:v1.5.0"), back.err
    finally:
        zoo.remove()
        zoo.lab.docker("image", "rm", "-f", f"{name}:v1.5.0", f"{name}:v1.6.0", check=False)


def test_a_health_check_that_is_in_the_image_alone(zoo: ZooStack) -> None:
    """Zoo 23: seen on the container that runs, so the service is rolled new beside old, both ways, without loss."""
    checked = "HEALTHCHECK --interval=1s --start-period=20s CMD healthcheck http://127.0.0.1:8080/health/ready"
    names = {tag: f"{zoo.lab.registry}/zoo-checked:{tag}" for tag in TAGS}
    for tag, name in names.items():
        made = zoo.lab.docker("create", f"{zoo.lab.registry}/docs:{tag}").stdout.strip()
        zoo.lab.docker("commit", "--change", checked, made, name)
        zoo.lab.docker("rm", made)
        zoo.lab.docker("push", "-q", name)
    services = {tag: {"traefik": traefik(), "web": app("web", tag, image=names[tag])} for tag in TAGS}
    for tag in TAGS:
        del services[tag]["web"]["healthcheck"]
    bring_up(zoo, {tag: {COMPOSE_FILE: compose(services[tag])} for tag in TAGS})
    plan = {one["service"]: one for one in zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data["services"]}
    assert plan["web"]["strategy"] == "surge"
    assert zoo.version("web") == "v1.5.0"
    with zoo.load("web") as load:
        there = zoo.upgrade()
        assert there.code == ExitCode.DONE, there.err
        assert zoo.version("web") == "v1.6.0"
        back = zoo.rollback()
    assert (back.code, zoo.version("web")) == (ExitCode.DONE, "v1.5.0"), back.err
    assert load.report
    assert load.report.lost_total == 0, load.report

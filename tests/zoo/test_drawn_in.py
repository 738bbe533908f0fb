"""The set of compose files: `include`, `extends`, env files that a release brings, files that it renames or drops."""

import pytest
import yaml

from avnwizard.errors import ExitCode
from tests.zoo.parts import compose, worker
from tests.zoo.stack import COMPOSE_FILE, ZooStack, bring_up

pytestmark = pytest.mark.engine
TAGS = ("v1.5.0", "v1.6.0")
OVERRIDE = "docker-compose.override.yml"


def _release(tag: str) -> dict[str, str]:
    services = {"web": {"extends": {"file": "./common.yml", "service": "base"}, "environment": {"MINE": tag}}}
    more = {}
    if tag == "v1.6.0":
        services["audit"] = worker(tag, env_file=["./env/audit.env"])
        more["env/audit.env"] = "AUDIT=on\n"
    return {
        COMPOSE_FILE: compose(services, include=["parts/side.yml"], volumes={"shared": {}}),
        "common.yml": yaml.safe_dump({"services": {"base": worker(tag, volumes=["./conf:/conf:ro"])}}),
        "parts/side.yml": yaml.safe_dump(
            {"services": {"side": worker(tag, volumes=["./data:/data:ro"]), "same": worker("v1.5.0")}}
        ),
        "parts/data/x.txt": "x\n",
        "conf/app.conf": "a\n",
        **more,
    }


def _images(zoo: ZooStack) -> dict[str, str]:
    return {one.service: zoo.image_of(one.service).rpartition(":")[2] for one in zoo.containers()}


def test_files_that_the_compose_file_draws_in_are_the_releases(zoo: ZooStack) -> None:
    """Zoo 20: read from the target's commit when it is planned; rolled and rolled back, and what stays is left."""
    bring_up(zoo, {tag: _release(tag) for tag in TAGS})
    (same,) = zoo.containers("same")
    said = zoo.avnwizard("plan", "--to", "v1.6.0", "--json")
    assert said.code == ExitCode.DONE, said.err
    plan = {one["service"]: one for one in said.data["services"]}
    assert {name: one["strategy"] for name, one in plan.items()} == {
        "web": "surge", "side": "surge", "same": "skip", "audit": "surge",
    }  # fmt: skip
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert _images(zoo) == {"web": "v1.6.0", "side": "v1.6.0", "same": "v1.5.0", "audit": "v1.6.0"}
    assert "AUDIT=on" in zoo.inspect(zoo.containers("audit")[-1].id)["Config"]["Env"]
    mounts = {one["Source"] for one in zoo.inspect(zoo.containers("side")[-1].id)["Mounts"]}
    assert mounts == {str(zoo.clone.resolve() / "parts" / "data")}
    zoo.nothing_to_do()
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert _images(zoo) == {"web": "v1.5.0", "side": "v1.5.0", "same": "v1.5.0"}
    assert [one.id for one in zoo.containers("same")] == [same.id]
    zoo.nothing_to_do()


def test_an_edited_override_that_the_release_drops_stays(zoo: ZooStack) -> None:
    """Zoo 20: it was the release's, and is the operator's own from now on; the rollback has both versions right."""
    base = {tag: {COMPOSE_FILE: compose({"web": worker(tag)})} for tag in TAGS}
    override, edited = (f"services: {{web: {{environment: {{MINE: '{one}'}}}}}}\n" for one in ("no", "yes"))
    releases = {"v1.5.0": {**base["v1.5.0"], OVERRIDE: override}, "v1.6.0": base["v1.6.0"]}
    bring_up(zoo, releases, operator={OVERRIDE: edited})
    before = zoo.run("git", "status", "--porcelain").stdout
    plan = zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data
    assert any(f"v1.6.0 no longer brings {OVERRIDE}: yours stays in use" in one for one in plan["warnings"])
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert (zoo.clone / OVERRIDE).read_text() == edited
    assert "MINE=yes" in zoo.inspect(zoo.containers("web")[-1].id)["Config"]["Env"]
    zoo.nothing_to_do()
    back = zoo.rollback()
    assert (back.code, _images(zoo)) == (ExitCode.DONE, {"web": "v1.5.0"}), back.err
    assert ((zoo.clone / OVERRIDE).read_text(), zoo.run("git", "status", "--porcelain").stdout) == (edited, before)


def test_a_compose_file_that_the_release_renames_is_refused_with_a_way_on(zoo: ZooStack) -> None:
    """Zoo 20: its new name is in the message, and what to do by hand."""
    files = [compose({"web": worker(tag)}) for tag in TAGS]
    bring_up(zoo, {"v1.5.0": {COMPOSE_FILE: files[0]}, "v1.6.0": {"compose.yaml": files[1]}})
    said = zoo.upgrade()
    assert said.code == ExitCode.REFUSED
    assert "has no docker-compose.yml, which this project is run from; it has compose.yaml" in said.err
    assert "git checkout v1.6.0; docker compose up -d" in said.err
    zoo.run("git", "checkout", "-q", "v1.6.0")
    zoo.run("docker", "compose", "up", "-d", "--wait")
    check = zoo.avnwizard("check")
    assert check.code == ExitCode.DONE, check.out

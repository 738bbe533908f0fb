"""The set of compose files: `include`, `extends`, env files that a release brings, files that it renames or drops."""

from pathlib import Path

import pytest
import yaml

from avnwizard.errors import ExitCode
from tests.flows.cli import answer_all
from tests.zoo.parts import compose, worker
from tests.zoo.stack import COMPOSE_FILE, NONE, TOML, ZooStack, bring_up

pytestmark = pytest.mark.engine
TAGS = ("v1.5.0", "v1.6.0")
OVERRIDE = "docker-compose.override.yml"


def _release(tag: str) -> dict[str, str]:
    services = {"web": {"extends": {"file": "./common.yml", "service": "base"}, "environment": {"MINE": tag}}}
    more = {OVERRIDE: "services: {web: {environment: {SHIPPED: 'yes'}}}\n"} if tag == "v1.5.0" else {}
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
    """Zoo 20: read from the target's commit when it is planned; rolled and rolled back, and what stays is left.

    What an override as shipped set, which the release drops, ends as the plan says, and is back after the rollback.
    """
    bring_up(zoo, {tag: _release(tag) for tag in TAGS})
    (same,) = zoo.containers("same")
    said = zoo.avnwizard("plan", "--to", "v1.6.0", "--json")
    assert said.code == ExitCode.DONE, said.err
    plan = {one["service"]: one for one in said.data["services"]}
    assert {name: one["strategy"] for name, one in plan.items()} == {
        "web": "surge", "side": "surge", "same": "skip", "audit": "surge",
    }  # fmt: skip
    assert any(f"v1.6.0 no longer brings {OVERRIDE}: what it sets ends" in one for one in said.data["warnings"])
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert _images(zoo) == {"web": "v1.6.0", "side": "v1.6.0", "same": "v1.5.0", "audit": "v1.6.0"}
    assert "SHIPPED=yes" not in zoo.inspect(zoo.containers("web")[-1].id)["Config"]["Env"]
    assert "AUDIT=on" in zoo.inspect(zoo.containers("audit")[-1].id)["Config"]["Env"]
    mounts = {one["Source"] for one in zoo.inspect(zoo.containers("side")[-1].id)["Mounts"]}
    assert mounts == {str(zoo.clone.resolve() / "parts" / "data")}
    zoo.nothing_to_do()
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert _images(zoo) == {"web": "v1.5.0", "side": "v1.5.0", "same": "v1.5.0"}
    assert "SHIPPED=yes" in zoo.inspect(zoo.containers("web")[-1].id)["Config"]["Env"]
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


@pytest.mark.parametrize("edited", [False, True], ids=["as shipped", "edited"])
def test_a_compose_file_that_the_release_renames(zoo: ZooStack, edited: bool) -> None:
    """Zoo 20 (docker-zulip 12): run from its new name, edits carried over; the rollback has the old one again."""
    releases = {
        tag: {name: compose({"web": worker(tag), "same": worker("v1.5.0")})}
        for tag, name in zip(TAGS, (COMPOSE_FILE, "compose.yaml"), strict=True)
    }
    bring_up(zoo, releases)
    if edited:
        file = zoo.clone / COMPOSE_FILE
        file.write_text(file.read_text().replace("  same:\n", "  same:\n    environment: {MINE: 'yes'}\n"))
        zoo.run("docker", "compose", "up", "-d", "--wait")
    before = zoo.run("git", "status", "--porcelain").stdout
    (same,) = zoo.containers("same")
    plan = zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data
    assert any("v1.6.0 calls docker-compose.yml compose.yaml" in one for one in plan["warnings"])
    assert {one["service"]: one["strategy"] for one in plan["services"]} == {"web": "surge", "same": "skip"}
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert (_images(zoo), (zoo.clone / COMPOSE_FILE).exists()) == ({"web": "v1.6.0", "same": "v1.5.0"}, False)
    assert ("MINE" in (zoo.clone / "compose.yaml").read_text()) is edited
    zoo.nothing_to_do()
    assert zoo.avnwizard("check").code == ExitCode.DONE
    back = zoo.rollback()
    assert (back.code, _images(zoo)) == (ExitCode.DONE, {"web": "v1.5.0", "same": "v1.5.0"}), back.err
    assert ((zoo.clone / "compose.yaml").exists(), zoo.run("git", "status", "--porcelain").stdout) == (False, before)
    assert [one.id for one in zoo.containers("same")] == [same.id]
    zoo.nothing_to_do()


def _stops(zoo: ZooStack) -> list[str]:
    return [one["message"] for one in zoo.avnwizard("check", "--json").data if one["level"] == "stop"]


def _renaming(tag: str, compose_name: str, env_name: str, *settings: str) -> dict[str, str]:
    web = worker("${APP_TAG}", environment={"BIND": "${BIND}"}, env_file=[f"./{env_name}"])
    env = "\n".join(("# the settings", "BIND=9000", "LIMIT=5", "COLOUR=red", f"APP_TAG={tag}", *settings)) + "\n"
    return {
        compose_name: compose({"web": web, "same": worker("v1.5.0")}),
        env_name: env,
        ".gitignore": "avnwizard.toml\n",
    }


def test_files_that_the_release_calls_by_names_of_its_own(zoo: ZooStack, tmp_path: Path) -> None:
    """A compose file and an env file that only git's comparison finds again: acknowledged, followed, taken back."""
    releases = {
        "v1.5.0": _renaming("v1.5.0", "stack.yml", "default.env"),
        "v1.6.0": _renaming("v1.6.0", "product.yaml", "conf/app.env", "MORE=1"),
    }
    toml = TOML.replace('files = ["docker-compose.yml"]\n', "").replace(
        'example = ".env.example"', 'example = "none"'
    )
    toml = toml.replace('env_file = ".env"\n', "") + NONE
    mine = releases["v1.5.0"]["default.env"].replace("9000", "9443")
    up = ("docker", "compose", "-f", "stack.yml", "--env-file", "default.env", "up", "-d", "--quiet-pull", "--wait")
    bring_up(
        zoo, releases, operator={"default.env": mine, "avnwizard.toml": toml, ".env": ""}, up=(("rm", ".env"), up)
    )
    before = zoo.run("git", "status", "--porcelain").stdout
    (same,) = zoo.containers("same")
    refused = zoo.upgrade()
    assert refused.code == ExitCode.REFUSED
    assert "conf/app.env in place of default.env, product.yaml in place of stack.yml" in refused.err
    answers = answer_all(zoo.clone, "v1.6.0", tmp_path / "answers.toml")
    plan = zoo.avnwizard("plan", "--to", "v1.6.0", "--answers", str(answers), "--json").data
    assert any("calls default.env conf/app.env: your settings move there" in one for one in plan["warnings"])
    there = zoo.upgrade("v1.6.0", "--answers", str(answers))
    assert there.code == ExitCode.DONE, there.err
    assert _images(zoo) == {"web": "v1.6.0", "same": "v1.5.0"}
    env = zoo.inspect(zoo.containers("web")[-1].id)["Config"]["Env"]
    assert {"BIND=9443", "MORE=1", "COLOUR=red"} <= set(env)
    assert [(zoo.clone / one).exists() for one in ("stack.yml", "default.env")] == [False, False]
    assert _stops(zoo) == []
    back = zoo.rollback()
    assert (back.code, _images(zoo)) == (ExitCode.DONE, {"web": "v1.5.0", "same": "v1.5.0"}), back.err
    assert (zoo.run("git", "status", "--porcelain").stdout, (zoo.clone / "default.env").read_text()) == (before, mine)
    assert (zoo.clone / "conf").exists() is False
    assert [one.id for one in zoo.containers("same")] == [same.id]
    assert _stops(zoo) == []


def test_a_compose_file_that_is_gone_is_refused_with_a_way_on(zoo: ZooStack) -> None:
    """Zoo 20: under none of the names that Compose looks for; what to do by hand is in the message."""
    files = [compose({"web": worker(tag)}) for tag in TAGS]
    bring_up(zoo, {"v1.5.0": {COMPOSE_FILE: files[0]}, "v1.6.0": {"deploy/stack.yaml": files[1]}})
    said = zoo.avnwizard("plan", "--to", "v1.6.0")
    assert said.code == ExitCode.REFUSED
    assert "has no docker-compose.yml, which this project is run from" in said.err
    assert "git checkout v1.6.0; docker compose up -d" in said.err

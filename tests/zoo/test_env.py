"""Env files that name images, that git tracks, that services get whole, and stacks that have none."""

from pathlib import Path

import pytest

from avnwizard.errors import ExitCode
from tests.zoo.parts import compose, worker
from tests.zoo.stack import COMPOSE_FILE, TOML, UP, ZooStack, bring_up, make

pytestmark = pytest.mark.engine

EXAMPLE = "# the release to run\nAPP_TAG={tag}\n"
BY_TAG = compose({"web": worker("${APP_TAG:-latest}"), "side": worker("v1.5.0")})


def _pinned(tag: str) -> dict[str, str]:
    return {COMPOSE_FILE: BY_TAG, ".env.example": EXAMPLE.format(tag=tag)}


PINNED = {tag: _pinned(tag) for tag in ("v1.5.0", "v1.6.0")}


def _tags(zoo: ZooStack) -> tuple[str, str]:
    web, side = (zoo.image_of(name).rpartition(":")[2] for name in ("web", "side"))
    return web, side


def test_a_tag_of_the_example(zoo: ZooStack, tmp_path: Path) -> None:
    """An image by a variable of the env file: the file is missed where it is lost, followed, or kept by an answer."""
    mine = "# my own\nAPP_TAG=v1.5.0\nMINE=1\n"
    bring_up(zoo, PINNED, operator={".env": mine})
    _is_missed_where_it_is_lost(zoo)
    _moves_where_it_was_copied(zoo, mine)
    _holds_the_image_back_where_it_is_kept(zoo, tmp_path / "answers.toml")


def _is_missed_where_it_is_lost(zoo: ZooStack) -> None:
    """The compose file uses a variable without a default: the containers were made with a value of it."""
    kept = {name: (zoo.clone / name).read_text() for name in (COMPOSE_FILE, ".env")}
    (zoo.clone / COMPOSE_FILE).write_text(kept[COMPOSE_FILE].replace("${APP_TAG:-latest}", "$APP_TAG"))
    (zoo.clone / ".env").unlink()
    said = zoo.upgrade()
    assert said.code == ExitCode.REFUSED
    assert "the compose files use APP_TAG" in said.err
    for name, text in kept.items():
        (zoo.clone / name).write_text(text)
    (zoo.clone / ".env").chmod(0o600)


def _moves_where_it_was_copied(zoo: ZooStack, mine: str) -> None:
    """The operator has the default of v1.5.0: the upgrade adopts that of v1.6.0, and the image really moves."""
    plan = zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data
    assert [(edit["action"], edit["key"], edit["shown"]) for edit in plan["env"]] == [("set", "APP_TAG", "v1.6.0")]
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert _tags(zoo) == ("v1.6.0", "v1.5.0")
    assert (zoo.clone / ".env").read_text() == mine.replace("v1.5.0", "v1.6.0")
    assert "no service's image changed" not in there.err
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert (_tags(zoo), (zoo.clone / ".env").read_text()) == (("v1.5.0", "v1.5.0"), mine)


def _holds_the_image_back_where_it_is_kept(zoo: ZooStack, answers: Path) -> None:
    """Kept by an answer, the plan says which service stays at which image, and the run that no image changed."""
    answers.write_text('from = "v1.5.0"\nto = "v1.6.0"\n[value]\nAPP_TAG = "v1.5.0"\n')
    plan = zoo.avnwizard("plan", "--to", "v1.6.0", "--answers", str(answers), "--json").data
    (held,) = (one for one in plan["warnings"] if one.startswith("web stays at "))
    assert held.endswith(":v1.5.0: your env file has APP_TAG=v1.5.0, the release v1.6.0.")
    assert any(one.startswith("No service's image changes") for one in plan["warnings"])
    there = zoo.upgrade("v1.6.0", "--answers", str(answers))
    assert there.code == ExitCode.DONE, there.err
    assert "no service's image changed" in there.err
    assert _tags(zoo) == ("v1.5.0", "v1.5.0")


def _tracked(tag: str, files: str, *more: str) -> dict[str, str]:
    lines = (f"COMPOSE_FILE={files}", "# operators may change BIND", "BIND=9000", "# do not change", f"APP_TAG={tag}")
    body = worker("${APP_TAG}", environment={"REL": "${APP_TAG}", "BIND": "${BIND}"})
    return {
        COMPOSE_FILE: compose({"web": body}),
        "limits.yml": "services: {web: {environment: {LIMIT: '${NEW_LIMIT:-0}'}}}\n",
        ".env": "\n".join((*lines, *more)) + "\n",
        ".gitignore": "avnwizard.toml\n",
    }


TRACKED = {
    "v1.5.0": _tracked("v1.5.0", COMPOSE_FILE),
    "v1.6.0": _tracked("v1.6.0", f"{COMPOSE_FILE}:limits.yml", "NEW_LIMIT=10"),
}
TRACKED_TOML = TOML.replace('example = ".env.example"', 'example = ".env"').replace(
    f'files = ["{COMPOSE_FILE}"]\n', ""
)


@pytest.mark.parametrize(
    ("edit", "merged"),
    [
        (("", ""), "BIND=9000\n# do not change\nAPP_TAG=v1.6.0\nNEW_LIMIT=10\n"),
        (("9000", "9443"), "BIND=9443\n# do not change\nAPP_TAG=v1.6.0\nNEW_LIMIT=10\n"),
        (
            ("# do not change\n", "MINE=1\n"),
            "BIND=9000\n# do not change\nAPP_TAG=v1.6.0\nNEW_LIMIT=10\nMINE=1\n",
        ),
    ],
    ids=["unedited", "edited", "edited-beside"],
)
def test_an_env_file_that_git_tracks_is_merged_with_the_releases(
    zoo: ZooStack, edit: tuple[str, str], merged: str
) -> None:
    """The release's tags and files come, the operator's edits stay on top, there and back; also where lines touch."""
    mine = TRACKED["v1.5.0"][".env"].replace(*edit) if edit[0] else TRACKED["v1.5.0"][".env"]
    bring_up(zoo, TRACKED, operator={".env": mine, "avnwizard.toml": TRACKED_TOML})
    plan = zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data
    assert ("set", "APP_TAG", "v1.6.0") in [(one["action"], one["key"], one["shown"]) for one in plan["env"]]
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert zoo.image_of("web").endswith(":v1.6.0")
    first = TRACKED["v1.6.0"][".env"].splitlines(keepends=True)[:2]
    assert (zoo.clone / ".env").read_text() == "".join(first) + merged
    assert "LIMIT=10" in zoo.inspect(zoo.containers("web")[-1].id)["Config"]["Env"]
    assert (zoo.clone / ".env").stat().st_mode & 0o777 == 0o600
    zoo.nothing_to_do()
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert (zoo.image_of("web").rpartition(":")[2], (zoo.clone / ".env").read_text()) == ("v1.5.0", mine)
    assert (zoo.clone / ".env").stat().st_mode & 0o777 == 0o600
    zoo.nothing_to_do()


OWN = "WEB_PEPPER=salted\nWEB_FEATURES=a,b\n"
PASSED_ON = compose({"web": worker("v1.5.0", env_file=[".env"])})
PASSED_ON_TOML = TOML.replace('example = ".env.example"', 'example = "settings.example"')


def _offering(place: str, text: str) -> dict[str, str]:
    return {COMPOSE_FILE: PASSED_ON, place: text}


def test_what_a_service_is_given_whole_is_not_commented_out(zoo: ZooStack, tmp_path: Path) -> None:
    """`env_file` hands the service every variable of the operator's file, and it may read each of them.

    The example drops one, moves or goes: it is asked about, and nothing is commented out.
    """
    offered = "WEB_PEPPER=\nWEB_FEATURES=\n"
    releases = {
        "v1.5.0": _offering("settings.example", offered),
        "v1.6.0": _offering("settings.example", "WEB_FEATURES=\n"),
        "v1.7.0": _offering("conf/settings.example", offered),
        "v1.8.0": _offering("docs/settings.txt", offered),
    }
    bring_up(zoo, releases, operator={".env": OWN, "avnwizard.toml": PASSED_ON_TOML})
    assert zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data["env"] == []
    for tag in ("v1.7.0", "v1.8.0"):
        refused = zoo.avnwizard("plan", "--to", tag)
        assert refused.code == ExitCode.REFUSED
        assert f"{tag} has no settings.example" in refused.err
        answers = tmp_path / f"{tag}.toml"
        answers.write_text(f'from = "v1.5.0"\nto = "{tag}"\n[acknowledge]\nexample = true\n')
        assert zoo.avnwizard("plan", "--to", tag, "--answers", str(answers), "--json").data["env"] == []


def _without_env_file(zoo: ZooStack, releases: dict[str, dict[str, str]]) -> None:
    make(zoo, releases)
    (zoo.clone / ".env").unlink()
    zoo.run(*UP)


def test_a_stack_without_an_env_file(zoo: ZooStack) -> None:
    """Zoo 18: an empty one, to every verb; none is made, and Compose finds nothing to do."""
    _without_env_file(zoo, {tag: {COMPOSE_FILE: compose({"web": worker(tag)})} for tag in ("v1.5.0", "v1.6.0")})
    for verb in (("check",), ("status",), ("plan", "--to", "v1.6.0")):
        said = zoo.avnwizard(*verb)
        assert said.code == ExitCode.DONE, said.err + said.out
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert (zoo.image_of("web").rpartition(":")[2], (zoo.clone / ".env").exists()) == ("v1.6.0", False)
    zoo.nothing_to_do()
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert (zoo.image_of("web").rpartition(":")[2], (zoo.clone / ".env").exists()) == ("v1.5.0", False)
    zoo.nothing_to_do()


def test_a_setting_for_a_stack_without_an_env_file(zoo: ZooStack, tmp_path: Path) -> None:
    """The release brings one: the file is made for it, private, and the rollback removes it again."""
    new = worker("v1.6.0", environment={"GREETING": "${GREETING:?say it}"})
    releases = {
        "v1.5.0": {COMPOSE_FILE: compose({"web": worker("v1.5.0")}), ".env.example": ""},
        "v1.6.0": {COMPOSE_FILE: compose({"web": new}), ".env.example": "GREETING=hello\n"},
    }
    _without_env_file(zoo, releases)
    answers = tmp_path / "answers.toml"
    assert zoo.avnwizard("plan", "--to", "v1.6.0", "--write-answers", str(answers)).code == ExitCode.DONE
    answers.write_text(answers.read_text().replace("= false", "= true"))
    there = zoo.upgrade("v1.6.0", "--answers", str(answers))
    assert there.code == ExitCode.DONE, there.err
    made = zoo.clone / ".env"
    assert ("GREETING=hello" in made.read_text(), made.stat().st_mode & 0o777) == (True, 0o600)
    back = zoo.rollback()
    assert (back.code, made.exists()) == (ExitCode.DONE, False), back.err
    zoo.nothing_to_do()

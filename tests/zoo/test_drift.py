"""What runs is not what the files say: images bumped by hand, overrides added later, images pruned afterwards."""

import re
from collections.abc import Callable, Iterator

import pytest

from avnwizard.errors import ExitCode
from tests.lab.engine import Lab
from tests.zoo.parts import app, compose, traefik, worker
from tests.zoo.stack import COMPOSE_FILE, ENV, NONE, TOML, UP, Files, ZooStack, bring_up

pytestmark = pytest.mark.engine
OVERRIDE = "docker-compose.override.yml"
BARE = TOML.replace('files = ["docker-compose.yml"]\n', "") + NONE
"""An `avnwizard.toml` that names no compose file."""
KEPT = '\n[rollback.data]\nweb = "keep"\n'
"""What becomes of the data of a service that writes a volume is asked otherwise."""
IGNORED = ".env\navnwizard.toml\ndocker-compose.override.yml\n*.local.yml\n"


def _release(tag: str) -> dict[str, str]:
    services = {"traefik": traefik(), "web": app("web", tag), "docs": app("docs", tag)}
    return {COMPOSE_FILE: compose(services), ".gitignore": IGNORED}


RELEASES: dict[str, Files] = {tag: _release(tag) for tag in ("v1.5.0", "v1.6.0")}


OwnImage = Callable[[str, str], str]


@pytest.fixture
def own_image(zoo: ZooStack) -> Iterator[OwnImage]:
    """Makes images of the test's own: they can be removed, and their names lent, without taking them from anybody.

    Each is the stand-in `docs` of a version, pushed; what is returned is its reference.
    """
    lab, made = zoo.lab, list[str]()

    def make(name: str, version: str) -> str:
        source, reference = f"{lab.registry}/docs:{version}", f"{lab.registry}/{zoo.project}-{name}:{version}"
        lab.docker("pull", "-q", source)
        container = lab.docker("create", source).stdout.strip()
        lab.docker("commit", "--change", f"LABEL zoo={zoo.project}-{name}", container, reference)
        lab.docker("rm", container)
        lab.docker("push", "-q", reference)
        made.append(reference)
        return reference

    yield make
    zoo.remove()
    for reference in made:
        lab.docker("image", "rm", reference, check=False)


def _findings(zoo: ZooStack, name: str) -> list[tuple[str, str]]:
    found = zoo.avnwizard("check", "--json").data
    return [(one["level"], one["message"]) for one in found if one["check"] == name]


def _acknowledged(zoo: ZooStack) -> str:
    """An answers file, everything in it read."""
    file = zoo.root / "answers.toml"
    assert zoo.avnwizard("plan", "--to", "v1.6.0", "--write-answers", str(file)).code == ExitCode.DONE
    file.write_text(file.read_text().replace("= false", "= true"))
    return str(file)


def _ids(zoo: ZooStack) -> dict[str, str]:
    return {one.service: str(zoo.inspect(one.id)["Image"]) for one in zoo.containers()}


def _made(zoo: ZooStack) -> list[str]:
    return sorted(one.id for one in zoo.containers())


def _by_hand(zoo: ZooStack, *changes: tuple[str, str]) -> None:
    """Start `web` from another compose file than the release's, whose text is then put back."""
    compose_file = zoo.clone / COMPOSE_FILE
    text = compose_file.read_text()
    head, tail = text[: text.index("\n  web:\n")], text[text.index("\n  web:\n") :]
    for old, new in changes:
        assert old in tail
        tail = tail.replace(old, new, 1)
    compose_file.write_text(head + tail)
    zoo.run(*UP, "web")
    compose_file.write_text(text)


def test_an_image_bumped_by_hand_goes_forth_and_back(zoo: ZooStack, own_image: OwnImage) -> None:
    """Acknowledged by name; the rollback starts the image that ran, though another service has the files' one.

    Where the configuration is of another release too, it is refused: started from the files of this release it would
    be what never ran.
    """
    name, other = own_image("app", "v1.5.0"), f"{zoo.lab.registry}/docs:v2.0.0"
    parts = {one: app(one, "v1.5.0", image=name) for one in ("web", "docs")}
    bring_up(zoo, RELEASES | {"v1.5.0": {COMPOSE_FILE: compose({"traefik": traefik(), **parts})}})
    _by_hand(zoo, (name, other), ("SHUTDOWN_MODE: abrupt", "NEW: '1'"))
    made = _made(zoo)
    refused = zoo.upgrade()
    assert refused.code == ExitCode.REFUSED
    assert "A rollback could not bring it back: image and configuration are both of another release." in refused.err
    assert _made(zoo) == made

    _by_hand(zoo, (name, other))
    assert zoo.version("web") == "v2.0.0"
    before, made = _ids(zoo), _made(zoo)
    told = f"web runs {other}; v1.5.0 pins {name}."
    assert _findings(zoo, "drift") == [("warn", told)]
    refused = zoo.upgrade()
    assert (refused.code, told in refused.err) == (ExitCode.REFUSED, True), refused.err
    assert _made(zoo) == made
    there = zoo.upgrade("v1.6.0", "--answers", _acknowledged(zoo))
    assert there.code == ExitCode.DONE, there.err
    assert (zoo.version("web"), zoo.version("docs")) == ("v1.6.0", "v1.6.0")
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert (zoo.version("web"), zoo.version("docs")) == ("v2.0.0", "v1.5.0")
    assert _ids(zoo) == before
    assert zoo.lab.docker("image", "inspect", name, "--format", "{{.Id}}").stdout.strip() == before["docs"]


def test_an_override_that_was_added_later_is_used(zoo: ZooStack) -> None:
    """Only the service that it changes names it in its labels; the upgrade keeps what it sets."""
    bring_up(zoo, RELEASES, operator={"avnwizard.toml": BARE + KEPT})
    override = compose({"web": {"environment": {"CUSTOM_CA": "/ca.pem"}, "volumes": ["uploads:/uploads"]}})
    (zoo.clone / OVERRIDE).write_text(override.replace("name: '@PROJECT@'\n", ""))
    ((level, message),) = _findings(zoo, "files")
    assert level == "stop"
    assert message == (
        "docker-compose.override.yml lies next to docker-compose.yml, but no container comes from it: a plain "
        "`docker compose up` would use it, and this plan would not."
    )
    zoo.run(*UP)
    ((level, message),) = _findings(zoo, "files")
    assert level == "warn"
    assert message == (
        "The containers were made from different files: web from docker-compose.yml and docker-compose.override.yml; "
        "docs, traefik from docker-compose.yml."
    )
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    found = zoo.inspect(zoo.containers("web")[-1].id)
    assert "CUSTOM_CA=/ca.pem" in found["Config"]["Env"]
    assert [mount["Destination"] for mount in found["Mounts"]] == ["/uploads"]
    assert zoo.version("web") == "v1.6.0"


def test_files_that_the_plan_would_not_use_are_a_stop(zoo: ZooStack) -> None:
    """Two services with an override each: which files count is the operator's to say, in `avnwizard.toml`."""
    bring_up(zoo, RELEASES)
    for name in ("web", "docs"):
        local = compose({name: {"environment": {"MINE": name}}})
        (zoo.clone / f"{name}.local.yml").write_text(local.replace("name: '@PROJECT@'\n", ""))
        zoo.run("docker", "compose", "-f", COMPOSE_FILE, "-f", f"{name}.local.yml", "up", "-d", "--wait", name)
    made = _made(zoo)
    refused = zoo.upgrade()
    assert refused.code == ExitCode.REFUSED
    assert "web was made from docker-compose.yml and web.local.yml, but this plan would use only" in refused.err
    every = '["docker-compose.yml", "web.local.yml", "docs.local.yml"]'
    assert f"[stack] files = {every}" in refused.err
    assert _made(zoo) == made
    (zoo.clone / "avnwizard.toml").write_text(TOML.replace('["docker-compose.yml"]', every) + NONE)
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    for name in ("web", "docs"):
        assert f"MINE={name}" in zoo.inspect(zoo.containers(name)[-1].id)["Config"]["Env"]


def test_another_env_file_is_a_stop(zoo: ZooStack) -> None:
    """A service that somebody started with another env file than the rest; `avnwizard.toml` says which counts."""
    bring_up(zoo, RELEASES, operator={"avnwizard.toml": BARE.replace('env_file = ".env"\n', ""), "other.env": ENV})
    zoo.run("docker", "compose", "--env-file", "other.env", "up", "-d", "--wait", "--force-recreate", "web")
    refused = zoo.upgrade()
    assert refused.code == ExitCode.REFUSED
    assert "web was made with the env file other.env, but this plan would use .env." in refused.err
    (zoo.clone / "avnwizard.toml").write_text(BARE)
    assert _findings(zoo, "files") == []


def _digest(lab: Lab, reference: str) -> str:
    return lab.docker("image", "inspect", reference, "--format", "{{index .RepoDigests 0}}").stdout.strip()


def _prune(zoo: ZooStack, image: str) -> None:
    """As `docker image prune -af` does, for one image that no container uses."""
    zoo.lab.docker("image", "rm", "-f", image)


def test_images_that_were_pruned_are_pulled_by_digest(zoo: ZooStack, own_image: OwnImage) -> None:
    """One pinned by tag, one by digest; `check` says so right away, and the rollback pulls both before it moves.

    A third one is kept under another tag, but its digest cannot be given to it: it is pulled by that digest.
    """
    old = {name: own_image(name, "v1.5.0") for name in ("web", "docs", "api")}
    images = {"web": old["web"], **{name: _digest(zoo.lab, old[name]) for name in ("docs", "api")}}
    releases = {
        "v1.5.0": {name: app(name, "v1.5.0", image=image) for name, image in images.items()},
        "v1.6.0": {name: app(name, "v1.6.0") for name in images},
    }
    bring_up(zoo, {tag: {COMPOSE_FILE: compose({"traefik": traefik(), **parts})} for tag, parts in releases.items()})
    before = _ids(zoo)
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    for name in ("web", "docs"):
        _prune(zoo, before[name])
    zoo.lab.docker("image", "rm", old["api"])  # its repository's last tag takes the digest along
    assert zoo.lab.docker("image", "inspect", before["api"], "--format", "{{.RepoDigests}}").stdout.strip() == "[]"
    ((level, message),) = _findings(zoo, "images")
    assert level == "warn"
    assert re.search(r"The images that (web, docs|docs, web) ran before run \S+ are gone from this host", message)
    assert message.endswith("The registry has them.")
    dry = zoo.avnwizard("rollback", "--dry-run")
    assert "that ran before are gone from this host and are pulled first; the registry has them" in dry.out
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert _ids(zoo) == before
    zoo.nothing_to_do()


def _built_here(zoo: ZooStack, settings: str) -> str:
    """Upgraded from an image that was built on this host, which is then pruned; its id."""
    lab, name = zoo.lab, f"{zoo.project}-built"
    lab.docker("pull", "-q", f"{lab.registry}/docs:v1.5.0")
    made = lab.docker("create", f"{lab.registry}/docs:v1.5.0").stdout.strip()
    lab.docker("commit", "--change", "LABEL zoo=built", made, f"{name}:v1.5.0")
    lab.docker("rm", made)
    releases = {
        "v1.5.0": {COMPOSE_FILE: compose({"job": worker("v1.5.0", image=f"{name}:v1.5.0")})},
        "v1.6.0": {COMPOSE_FILE: compose({"job": worker("v1.6.0")})},
    }
    bring_up(zoo, releases, operator={"avnwizard.toml": TOML + NONE + settings})
    before = _ids(zoo)["job"]
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    _prune(zoo, before)
    return before


def test_an_image_that_no_registry_has_comes_back_from_its_file(zoo: ZooStack) -> None:
    """Built here, saved before its service moved, and pruned: the rollback loads it."""
    before = _built_here(zoo, "")
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert _ids(zoo)["job"] == before


def test_an_image_that_no_registry_has_is_refused_up_front(zoo: ZooStack) -> None:
    """Neither kept in a file: the rollback says so before anything moves."""
    _built_here(zoo, '\n[snapshot]\nimages = "never"\n')
    assert "that run has no way back" in _findings(zoo, "images")[0][1]
    after = _made(zoo)
    refused = zoo.rollback()
    assert refused.code == ExitCode.REFUSED
    assert "ran before are no longer on this host, and nobody knows a registry that has them" in refused.err
    assert _made(zoo) == after

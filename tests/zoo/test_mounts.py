"""Where data lies: a release that renames a database or its volume, changes its libc, or parts a service's files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from avnwizard.errors import ExitCode
from tests.flows.cli import Said, avnwizard
from tests.zoo.parts import HEALTHY, Body, compose, postgres
from tests.zoo.stack import COMPOSE_FILE, NAMES_POSTGRES, TOML, ZooStack, bring_up, push_as

pytestmark = pytest.mark.engine
_ROWS = "CREATE TABLE t AS SELECT generate_series(1, 1000) n"


def idle(tag: str, **more: Any) -> Body:
    """A service that does nothing, and whose configuration is another one in each release.

    It has a health check: without one each roll would watch it for ten seconds.
    """
    wait, check = "trap 'exit 0' TERM; sleep infinity & wait", HEALTHY | {"test": ["CMD", "true"]}
    body = {"image": "@REG@/valkey:8.0", "command": ["sh", "-c", wait], "environment": {"REL": tag}}
    return body | {"healthcheck": check} | more


def _two(old: Mapping[str, Body], new: Mapping[str, Body]) -> dict[str, dict[str, str]]:
    """Two releases with what is given, and a service that differs."""
    return {
        "v1.5.0": {COMPOSE_FILE: compose({"web": idle("v1.5.0"), **old})},
        "v1.6.0": {COMPOSE_FILE: compose({"web": idle("v1.6.0"), **new})},
    }


def _ids(zoo: ZooStack) -> set[str]:
    return {one.id for one in zoo.containers() if one.state == "running"}


def _rel(zoo: ZooStack) -> str:
    """The release whose configuration the container of `web` has."""
    (web,) = zoo.containers("web")
    env: list[str] = zoo.inspect(web.id)["Config"]["Env"]
    return next(line for line in env if line.startswith("REL=")).removeprefix("REL=")


def _refused(zoo: ZooStack, *words: str, tag: str = "v1.6.0") -> str:
    """Assert that a release is refused by every verb, in one sentence with these words, and nothing is touched."""
    before, said = _ids(zoo), Said(0, "", "")
    for verb in ("plan", "upgrade"):
        said = zoo.upgrade(tag) if verb == "upgrade" else zoo.avnwizard(verb, "--to", tag)
        assert said.code == ExitCode.REFUSED, said.err + said.out
        missing = [word for word in (*words, "Nothing was changed.") if word not in said.err]
        assert not missing, f"{missing} in: {said.err}"
    assert _ids(zoo) == before
    assert zoo.run("git", "describe", "--tags").stdout.strip() == "v1.5.0"
    return said.err


def _elsewhere(tag: str, **changed: Body) -> dict[str, str]:
    """A release in which a database or a store lies elsewhere, or is read by another libc."""
    services = {"web": idle(tag), "postgres": postgres(), "store": idle("v1.5.0", volumes=["store:/data"]), **changed}
    if "database" in changed:
        del services["postgres"]
    return {COMPOSE_FILE: compose(services)}


def test_data_that_would_stay_behind(zoo: ZooStack) -> None:
    """Each of these releases is refused by the same stack: its server would start empty, or garble what it finds."""
    alpine = push_as(zoo.lab, "postgres:17", "postgres:17-alpine")
    zoo.lab.docker("image", "rm", alpine)
    moved = postgres()
    moved["environment"] |= {"PGDATA": "/var/lib/postgresql/data/pg"}
    releases = {
        "v1.5.0": _elsewhere("v1.5.0"),
        "v1.6.0": _elsewhere("v1.6.0", database=postgres()),
        "v1.7.0": _elsewhere("v1.7.0", database=postgres(volume="dbdata")),
        "v1.8.0": _elsewhere("v1.8.0", postgres=postgres(volume="postgres_data")),
        "v1.9.0": _elsewhere("v1.9.0", postgres=moved),
        "v1.10.0": _elsewhere("v1.10.0", postgres=postgres("@REG@/postgres:17-alpine")),
        "v1.11.0": _elsewhere("v1.11.0", store=idle("v1.11.0", volumes=["store2:/data"])),
    }
    bring_up(zoo, releases)
    zoo.sql(_ROWS)
    mine = f"the volume {zoo.project}_pgdata"
    # Zoo 01: postgres becomes database on the same volume: two servers would serve one data folder.
    _refused(zoo, "database", "postgres", mine, "two writers", "docker compose stop", tag="v1.6.0")
    # The new name starts on a volume of its own: the databases would stay behind.
    _refused(zoo, "no service postgres", mine, "stay behind", tag="v1.7.0")
    # Zoo 11: pgdata becomes postgres_data.
    _refused(zoo, mine, f"the volume {zoo.project}_postgres_data", "start it empty", tag="v1.8.0")
    # PGDATA moves within the volume: the server would make itself a new, empty data folder.
    _refused(zoo, mine, "folder pg", "start it empty", tag="v1.9.0")
    # Zoo 13: an image that is not here yet and whose tag says Alpine, on data that Debian's Postgres made.
    _refused(zoo, "glibc", "musl", "postgres:17-alpine", tag="v1.10.0")
    # A store's volume is renamed: refused, until the operator says in avnwizard.toml that it may start empty.
    old, new = f"the volume {zoo.project}_store at /data", f"the volume {zoo.project}_store2"
    said = _refused(zoo, old, new, "[roll.mounts]", tag="v1.11.0")
    line = f'"store:/data" = "{zoo.project}_store2"'
    assert line in said
    (zoo.clone / "avnwizard.toml").write_text(f"{TOML}\n[roll.mounts]\n{line}\n")
    done = zoo.upgrade("v1.11.0")
    assert done.code == ExitCode.DONE, done.err


def test_volumes_that_are_renamed_or_shared(zoo: ZooStack) -> None:
    """Nothing is lost, and it is rolled as the vendor wants it.

    Zoo 11: another key for the same volume of the engine. Web and worker share uploads, and a third one joins them in
    the next release.
    """
    shared = {"volumes": ["uploads:/uploads"]}
    old = {name: idle("v1.5.0", **shared) for name in ("web", "worker")}
    new = {name: idle("v1.6.0", **shared) for name in ("web", "worker", "thumbs")}
    renamed = compose(
        {"postgres": postgres(volume="postgres_data"), **new},
        volumes={"postgres_data": {"name": "@PROJECT@_pgdata"}},
    )
    bring_up(
        zoo, {"v1.5.0": {COMPOSE_FILE: compose({"postgres": postgres(), **old})}, "v1.6.0": {COMPOSE_FILE: renamed}}
    )
    zoo.sql(_ROWS)
    said = zoo.upgrade()
    assert said.code == ExitCode.DONE, said.err
    assert (_rel(zoo), zoo.sql("SELECT count(*) FROM t")) == ("v1.6.0", "1000")
    assert len(zoo.containers("thumbs")) == 1


def test_a_project_in_a_subfolder(zoo: ZooStack) -> None:
    """Zoo 02: started in docker/, with a relative folder for the data: found there, and rolled on the same data."""

    def release(tag: str) -> dict[str, str]:
        services = {"postgres": postgres(volume="./volumes/db"), "web": idle(tag)}
        return {"docker/docker-compose.yml": compose(services), ".gitignore": "docker/.env\ndocker/volumes/\n"}

    ours = {
        "docker/.env": "POSTGRES_PASSWORD=zoo-s3cret-pw\n",
        "avnwizard.toml": TOML.replace("docker-compose.yml", "docker/docker-compose.yml").replace(
            'env_file = ".env"', 'env_file = "docker/.env"'
        ),
    }
    up = ("sh", "-c", "cd docker && docker compose up -d --quiet-pull --wait")
    bring_up(zoo, {tag: release(tag) for tag in ("v1.5.0", "v1.6.0")}, operator=ours, up=[up])
    zoo.sql(_ROWS)
    for toml in ("[lockstep]\nservices = []\n", ours["avnwizard.toml"]):
        (zoo.clone / "avnwizard.toml").write_text(toml)
        checked = zoo.avnwizard("check")
        assert checked.code == ExitCode.DONE, checked.err + checked.out
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert (_rel(zoo), zoo.sql("SELECT count(*) FROM t")) == ("v1.6.0", "1000")
    assert not (zoo.clone / "volumes").exists()
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert (_rel(zoo), zoo.sql("SELECT count(*) FROM t")) == ("v1.5.0", "1000")


def test_a_project_that_was_started_elsewhere(zoo: ZooStack, tmp_path: Path) -> None:
    """Its project directory is no folder of the checkout: relative paths would mean others, so it is refused."""
    releases = {
        tag: {COMPOSE_FILE: compose({"postgres": postgres(volume="./db"), "web": idle(tag)})}
        for tag in ("v1.5.0", "v1.6.0")
    }
    toml = TOML.replace("[lockstep]", f'project = "{zoo.project}"\n\n[lockstep]')
    up = ("docker", "compose", "--project-directory", str(tmp_path), "--env-file", ".env", "-f", COMPOSE_FILE)
    bring_up(zoo, releases, operator={"avnwizard.toml": toml}, up=[(*up, "up", "-d", "--quiet-pull", "--wait")])
    checked = zoo.avnwizard("check")
    assert checked.code == ExitCode.REFUSED
    assert f"was started in {tmp_path}" in checked.out + checked.err
    assert "start it empty" in checked.out + checked.err
    _refused(zoo, f"was started in {tmp_path}")
    assert not (zoo.clone / "db").exists()


def test_another_libc_that_only_the_image_tells(zoo: ZooStack, tmp_path: Path) -> None:
    """The tag says nothing: seen after the pull, before any container is touched; rolled back without a trace."""
    reference = _with_os_release(zoo, "postgres:17-other", 'ID=alpine\nVERSION_ID="3.22"\n', tmp_path)
    bring_up(zoo, _two({"postgres": postgres()}, {"postgres": postgres("@REG@/postgres:17-other")}))
    zoo.lab.docker("image", "rm", reference)
    zoo.sql(_ROWS)
    before = _ids(zoo)
    said = zoo.upgrade()
    assert said.code == ExitCode.STEP_FAILED, said.err
    assert "musl" in said.err
    assert "No container was changed." in said.err
    assert _ids(zoo) == before
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert _ids(zoo) == before
    assert zoo.sql("SELECT count(*) FROM t") == "1000"
    leftover = zoo.lab.docker("ps", "-aq", "--filter", "label=avnwizard.look", "--filter", f"ancestor={reference}")
    assert leftover.stdout == ""


def _with_os_release(zoo: ZooStack, name: str, text: str, tmp_path: Path) -> str:
    """The lab's Postgres with another `/etc/os-release`, pushed under another name."""
    reference, file = f"{zoo.lab.registry}/{name}", tmp_path / "os-release"
    file.write_text(text)
    zoo.lab.docker("pull", "-q", f"{zoo.lab.registry}/postgres:17")
    made = zoo.lab.docker("create", f"{zoo.lab.registry}/postgres:17").stdout.strip()
    zoo.lab.docker("cp", str(file), f"{made}:/usr/lib/os-release")
    zoo.lab.docker("commit", made, reference)
    zoo.lab.docker("rm", "-v", made)
    zoo.lab.docker("push", "-q", reference)
    return reference


def test_another_release_of_the_same_libc_is_told(zoo: ZooStack, tmp_path: Path) -> None:
    """Debian's next release sorts some text in another way: indexes are made again there, and on the way back."""
    _with_os_release(zoo, "postgres:17-forky", "ID=debian\nVERSION_CODENAME=forky\n", tmp_path)
    bring_up(zoo, _two({"postgres": postgres()}, {"postgres": postgres("@REG@/postgres:17-forky")}))
    said = zoo.avnwizard("plan", "--to", "v1.6.0", "--json")
    assert any("from trixie to forky" in line and "REINDEX" in line for line in said.data["warnings"]), said.out
    zoo.sql("CREATE COLLATION german (provider = icu, locale = 'de')")
    zoo.sql("CREATE TABLE names AS SELECT 'Name ' || n AS name FROM generate_series(1, 100) n")
    zoo.sql("CREATE INDEX by_name ON names (name COLLATE german)")
    for go in (zoo.upgrade, zoo.rollback):
        zoo.sql("UPDATE pg_collation SET collversion = '1.2.3' WHERE collname = 'german'")
        file = zoo.sql("SELECT pg_relation_filenode('by_name')")
        done = go()
        assert done.code == ExitCode.DONE, done.err
        stale = "SELECT count(*) FROM pg_collation WHERE collversion <> pg_collation_actual_version(oid)"
        assert zoo.sql(stale) == "0"
        assert zoo.sql("SELECT pg_relation_filenode('by_name')") != file


def test_a_volume_that_moved_is_not_restored_beside(zoo: ZooStack) -> None:
    """H14: archived at /data, mounted at /srv now: unpacked at /data it would lie in the container's own layer."""
    before, after = (
        {"postgres": postgres(), "minio": idle("v1.5.0", volumes=[f"objects:{path}"])} for path in ("/data", "/srv")
    )
    releases = {"v1.5.0": {COMPOSE_FILE: compose(before)}, "v1.6.0": {COMPOSE_FILE: compose(after)}}
    bring_up(zoo, releases, operator={"avnwizard.toml": NAMES_POSTGRES})
    taken = avnwizard("snapshot", "create", "--stack", zoo.clone, "--volume", "objects")
    assert taken.code == ExitCode.DONE, taken.err
    zoo.run("git", "checkout", "-q", "v1.6.0")
    zoo.run("docker", "compose", "up", "-d", "--wait")
    running = _ids(zoo)
    said = avnwizard("snapshot", "restore", "--stack", zoo.clone, "--volume", "objects", "--yes")
    assert said.code == ExitCode.REFUSED, said.err
    assert "its own layer" in said.err
    assert f"{zoo.project}_objects" in said.err
    assert _ids(zoo) == running

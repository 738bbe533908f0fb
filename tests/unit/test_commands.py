"""The commands that a plan shows, as values."""

import shlex
from pathlib import Path

import pytest

from avnwizard.domain import commands, git_commands
from avnwizard.domain.host import ComposeProject

PROJECT = ComposeProject("avn", Path("/srv/id"), (Path("/srv/id/a.yml"), Path("/srv/id/b.yml")), Path("/srv/id/.env"))
FILES = "--file /srv/id/a.yml --file /srv/id/b.yml"
PLACE = "--project-name avn --project-directory /srv/id"
BASE = f"docker compose {FILES} --env-file /srv/id/.env {PLACE}"


def test_up_starts_one_service_from_images_that_are_here() -> None:
    """Neither dependencies nor registries are touched; scale and no-recreate only where asked."""
    up, plain = f"{BASE} up --detach", "--no-deps --pull never"
    assert shlex.join(commands.compose_up(PROJECT, "web")) == f"{up} {plain} web"
    surge = commands.compose_up(PROJECT, "web", scale=2, recreate=False)
    assert shlex.join(surge) == f"{up} --scale web=2 --no-recreate {plain} web"
    assert shlex.join(commands.compose_up(PROJECT, "web", grace_s=0.5)) == f"{up} {plain} --timeout 1 web"


def test_another_model_keeps_project_and_directory() -> None:
    """With other files and another env file the project's name and directory stay."""
    argv = commands.compose_config(PROJECT, files=(Path("/run/1/c.yml"),), env_file=Path("/run/1/env"))
    expected = f"--file /run/1/c.yml --env-file /run/1/env {PLACE} config --format json"
    assert shlex.join(argv) == f"docker compose {expected}"


def test_one_dry_run_of_several_services() -> None:
    """Each keeps the number that it has; the images of an override are not built."""
    argv = commands.compose_dry_run(PROJECT, {"web": 2, "api": 1}, override=Path("/run/1/images"))
    assert f"{FILES} --file /run/1/images" in shlex.join(argv)
    assert shlex.join(argv).endswith("--dry-run --no-build --scale web=2 api web")
    plain = commands.compose_dry_run(PROJECT, {"web": 1}, files=(Path("/x.yml"),), env_file=Path("/env"))
    assert shlex.join(plain).endswith(
        f"--file /x.yml --env-file /env {PLACE} up --detach --no-deps --pull never --dry-run web"
    )


@pytest.mark.parametrize(("grace", "shown"), [(10.0, "10"), (0.2, "1"), (60.5, "61"), (0.0, "0")])
def test_grace_is_rounded_up(grace: float, shown: str) -> None:
    """Docker takes whole seconds; a process never gets less than it was promised."""
    assert commands.docker_stop(["abc", "def"], grace) == ("docker", "container", "stop", "-t", shown, "abc", "def")


def test_variables_travel_by_name() -> None:
    """`docker exec` gets the names of the variables, never their values."""
    argv = commands.docker_exec("abc", ("pg_dump", "-Fc"), variables=("PGPASSWORD",))
    assert shlex.join(argv) == "docker exec -i -e PGPASSWORD abc pg_dump -Fc"


def test_git_runs_no_hook() -> None:
    """Every git command has the hooks switched off."""
    for argv in (
        git_commands.git_checkout(Path("/srv/id"), "0" * 40),
        git_commands.git_fetch(Path("/srv/id"), "origin"),
        git_commands.git_attach(Path("/srv/id"), "main"),
    ):
        assert argv[:5] == ("git", "-C", "/srv/id", "-c", "core.hooksPath=/dev/null")


def test_fetch_forces_no_tag() -> None:
    """The refspec of tags has no `+`."""
    assert git_commands.git_fetch(Path("/srv/id"), "origin")[-1] == "refs/tags/*:refs/tags/*"


@pytest.mark.parametrize(
    ("name", "quoted"), [("shop", "dbname='shop'"), ("a'b\\", "dbname='a\\'b\\\\'"), ("host=x", "dbname='host=x'")]
)
def test_database_names_are_only_names(name: str, quoted: str) -> None:
    """A name cannot become another connection parameter."""
    assert commands.conninfo(name) == quoted
    assert commands.pg_restore(name)[-1] == f"--dbname={quoted}"

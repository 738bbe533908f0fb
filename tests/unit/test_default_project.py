"""Which project a checkout is where no container tells: named files, Avnology's, or what Compose finds by itself."""

from pathlib import Path

import pytest

from avnwizard.domain.config import Config, StackSection
from avnwizard.errors import RefusedError
from avnwizard.wiring.settings import default_project


def _files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("there", "named", "files", "env_file", "optional"),
    [
        (["compose.yml"], [], ["compose.yml"], ".env", True),
        (["compose.yaml", "docker-compose.yml"], [], ["compose.yaml"], ".env", True),
        (
            ["docker-compose.yml", "docker-compose.override.yml"], [],
            ["docker-compose.yml", "docker-compose.override.yml"], ".env", True,
        ),
        (["docker-compose.traefik.yml", "compose.yml"], [], ["docker-compose.traefik.yml"], ".env.production", False),
        (["docker-compose.yml"], ["docker-compose.yml"], ["docker-compose.yml"], ".env", True),
        (["compose.yml", ".env.production"], [], ["compose.yml"], ".env.production", False),
        (["docker/compose.yml"], ["docker/compose.yml"], ["docker/compose.yml"], "docker/.env", True),
    ],
)  # fmt: skip
def test_what_compose_would_take(
    tmp_path: Path, there: list[str], named: list[str], files: list[str], env_file: str, *, optional: bool
) -> None:
    """A stranger's project needs neither Avnology's compose file nor its env file."""
    _files(tmp_path, *there)
    found = default_project(tmp_path, Config(StackSection(files=tuple(named))))
    assert [str(one.relative_to(tmp_path)) for one in found.files] == files
    assert (str(found.env_file.relative_to(tmp_path)), found.env_optional) == (env_file, optional)


def test_without_any_file_it_is_said(tmp_path: Path) -> None:
    """With what to name, and where."""
    with pytest.raises(RefusedError, match=r"there is no docker-compose.traefik.yml"):
        default_project(tmp_path, Config())


def test_the_name_that_compose_would_give(tmp_path: Path) -> None:
    """By the folder, by the file's own `name:`, by the env file; a wrong one finds no container."""
    compose = tmp_path / "compose.yml"
    compose.write_text("services: {}\n")
    folder = tmp_path.name.lower().lstrip("_-")
    assert default_project(tmp_path, Config()).name == folder
    compose.write_text("name: shop\nservices: {}\n")
    assert default_project(tmp_path, Config()).name == "shop"
    compose.write_text("name: ${NAME:-x}\nservices: {}\n")
    assert default_project(tmp_path, Config()).name == folder
    (tmp_path / ".env").write_text("COMPOSE_PROJECT_NAME=paperless\n")
    assert default_project(tmp_path, Config()).name == "paperless"
    assert default_project(tmp_path, Config(StackSection(project="mine"))).name == "mine"


def test_the_files_that_compose_is_told_of(tmp_path: Path) -> None:
    """`COMPOSE_FILE` in the env file that Compose finds by itself, with a separator of its own."""
    _files(tmp_path, "compose.yml", "one.yml", "two.yml")
    (tmp_path / ".env").write_text("BASE=one\nCOMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=${BASE}.yml,two.yml\n")
    found = default_project(tmp_path, Config())
    assert [one.name for one in found.files] == ["one.yml", "two.yml"]
    (tmp_path / ".env").write_text("COMPOSE_FILE=${BROKEN:?}\n")
    assert [one.name for one in default_project(tmp_path, Config()).files] == ["compose.yml"]

"""Which Compose project lives in a folder, as the labels of its containers tell (Compose 2.20 and later)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import LABEL, container_from, labelled
from avnwizard.domain.host import ComposeProject, Container
from avnwizard.domain.origin import Origin, env_files_to_use, files_to_use
from avnwizard.errors import HostError

_PROJECT = f"{LABEL}project"
_FOLDER = f"{_PROJECT}.working_dir"
_FILES = f"{_PROJECT}.config_files"
_ENV_FILES = f"{_PROJECT}.environment_file"


def find_project(directory: Path, *, env: Mapping[str, str] | None = None) -> ComposeProject | None:
    """The project whose containers were made in `directory`; None when there is none.

    Args:
        directory: the operator's checkout; links are followed on both sides.
        env: the environment to run docker in, None for this process's.
    """
    return project_from(every_container(env), directory)


def every_container(env: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The containers of every Compose project, as `docker inspect` tells."""
    return labelled(DockerCli(env), _PROJECT)


def images_of(containers: list[dict[str, Any]], project: str) -> dict[str, str]:
    """Service -> image of those of one project."""
    found = [(_labels(raw), container_from(raw)) for raw in containers]
    return {one.service: one.image for labels, one in found if labels.get(_PROJECT) == project}


def project_from(
    containers: list[dict[str, Any]], directory: Path, *, named: tuple[str, ...] = (), named_env: str = ""
) -> ComposeProject | None:
    """The project in `directory` out of `docker inspect` of every container of any project.

    Args:
        named: the compose files that `avnwizard.toml` names, relative to the directory; () for none.
        named_env: the env file that it names, "" for none.
    """
    place = directory.resolve()
    every = [_labels(raw) for raw in containers]
    here = [labels for labels in every if labels.get(_FOLDER) and Path(labels[_FOLDER]).resolve() == place]
    names = sorted({labels[_PROJECT] for labels in here})
    if not names:
        return None
    if len(names) > 1:
        raise HostError(
            f"Several Compose projects were started in {directory}: {', '.join(names)}.",
            "Say which one in avnwizard.toml (project = NAME), or remove the containers of the other.",
        )
    made = origins_of((container_from(raw) for raw in containers if _labels(raw).get(_PROJECT) == names[0]), place)
    files = files_to_use(made, tuple(place / name for name in named), Path.is_file)
    if not files:
        raise HostError(
            f"The containers started in {place} do not tell which compose files they come from.",
            "Name its compose files in avnwizard.toml (files = [...]).",
        )
    env_files = env_files_to_use(made, place / named_env if named_env else None)
    return ComposeProject(name=names[0], directory=place, files=files, env_file=_env_file(env_files))


def origins_of(containers: Iterable[Container], place: Path) -> tuple[Origin, ...]:
    """Which files containers were made from in a project directory (resolved); the newest first.

    Containers of `compose run` count only where there are no others. One that does not tell, such as one whose files
    came on Compose's stdin, has no files.
    """
    here = [one for one in containers if Path(one.labels.get(_FOLDER, "")).resolve() == place]
    found: dict[tuple[tuple[Path, ...], tuple[Path, ...]], list[Container]] = {}
    for one in [one for one in here if not one.one_off] or here:
        files = _listed(one.labels.get(_FILES, ""), place)
        files = () if any(file.name == "-" for file in files) else files
        env_files = _listed(one.labels.get(_ENV_FILES, ""), place) or (place / ".env",)
        found.setdefault((files, env_files), []).append(one)
    made = [
        Origin(files, env_files, tuple(sorted({one.service for one in those})), max(one.created_at for one in those))
        for (files, env_files), those in found.items()
    ]
    return tuple(sorted(made, key=lambda one: -one.newest))


def _labels(raw: Mapping[str, Any]) -> Mapping[str, str]:
    return raw["Config"].get("Labels") or {}


def _env_file(files: tuple[Path, ...]) -> Path:
    if len(files) > 1:
        raise HostError(
            f"The stack was started with several env files: {', '.join(str(file) for file in files)}.",
            "avnwizard edits one: merge them, start the stack with that one, then try again.",
        )
    return files[0]


def _listed(label: str, place: Path) -> tuple[Path, ...]:
    files = [place / word for word in label.split(",") if word]
    return tuple(file.parent.resolve() / file.name for file in files)

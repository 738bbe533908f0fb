"""Which Compose project lives in a folder, as the labels of its containers tell (Compose 2.20 and later)."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import LABEL, labelled
from avnwizard.domain.host import ComposeProject
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


def project_from(containers: list[dict[str, Any]], directory: Path) -> ComposeProject | None:
    """The project in `directory` out of `docker inspect` of every container of any project."""
    place = directory.resolve()
    every = [(raw["Config"].get("Labels") or {}) for raw in containers]
    here = [labels for labels in every if labels.get(_FOLDER) and Path(labels[_FOLDER]).resolve() == place]
    names = sorted({labels[_PROJECT] for labels in here})
    if not names:
        return None
    if len(names) > 1:
        raise HostError(
            f"Several Compose projects were started in {directory}: {', '.join(names)}.",
            "Say which one in avnwizard.toml (project = NAME), or remove the containers of the other.",
        )
    lasting = [labels for labels in here if labels.get(f"{LABEL}oneoff", "").lower() != "true"] or here
    votes = Counter((labels.get(_FILES, ""), labels.get(_ENV_FILES, "")) for labels in lasting)
    (files, env_files), _ = votes.most_common(1)[0]
    return ComposeProject(
        name=names[0],
        directory=place,
        files=_compose_files(files, place),
        env_file=_env_file(env_files, place),
    )


def _compose_files(label: str, place: Path) -> tuple[Path, ...]:
    files = tuple(place / word for word in label.split(",") if word)
    if not files or any(file.name == "-" for file in files):
        hint = "Name its compose files in avnwizard.toml (files = [...])."
        raise HostError(f"The containers started in {place} do not tell which compose files they come from.", hint)
    return files


def _env_file(label: str, place: Path) -> Path:
    files = [place / word for word in label.split(",") if word]
    if len(files) > 1:
        raise HostError(
            f"The stack was started with several env files: {', '.join(str(file) for file in files)}.",
            "avnwizard edits one: merge them, start the stack with that one, then try again.",
        )
    return files[0] if files else place / ".env"

"""Which Compose project lives in a folder, as the labels of its containers tell (Compose 2.20 and later)."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import LABEL, container_from, labelled, labels_of
from avnwizard.domain.host import ComposeProject, Container
from avnwizard.domain.origin import Origin, all_called_now, env_files_to_use, files_to_use
from avnwizard.errors import HostError

_PROJECT = f"{LABEL}project"
_FOLDER = f"{_PROJECT}.working_dir"
_FILES = f"{_PROJECT}.config_files"
_BY_ITSELF = ".env"
"""The env file that Compose looks for where none is named."""
_ENV_FILES = f"{_PROJECT}.environment_file"


def find_project(directory: Path, *, env: Mapping[str, str] | None = None) -> ComposeProject | None:
    """The project whose containers were made in `directory`; None when there is none.

    Args:
        directory: the operator's checkout; links are followed on both sides.
        env: the environment to run docker in, None for this process's.
    """
    return project_from(every_container(env), directory)


def every_container(env: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The containers of every Compose project, as `docker inspect` reports."""
    return labelled(DockerCli(env), _PROJECT)


def project_from(
    containers: list[dict[str, Any]],
    directory: Path,
    *,
    named: str = "",
    files: Sequence[str] = (),
    env_file: str = "",
) -> ComposeProject | None:
    """The project in `directory`, else in a folder below it, by `docker inspect` of every container of any project.

    Relative paths in compose files count from the folder in which the project was started: that is its directory.

    Args:
        named: the project's name where the operator gave one; of several projects it is this one.
        files: the compose files that the operator named, relative to the directory: a project below it counts only
            if it is run from one of them.
        env_file: the env file that the operator named, likewise; "" for none.
    """
    top = directory.resolve()
    asked = all_called_now([top / name for name in files], _is_file)
    told = (labels for labels in map(_labels, containers) if labels.get(_FOLDER) and labels.get(_PROJECT))
    places = [(Path(labels[_FOLDER]).resolve(), labels) for labels in told]
    here = [(place, labels) for place, labels in places if place == top] or [
        (place, labels)
        for place, labels in places
        if place.is_relative_to(top) and named in {"", labels[_PROJECT]} and _is_run_from(asked, labels, place)
    ]
    known = {(labels[_PROJECT], place) for place, labels in here}
    found = sorted(one for one in known if one[0] == named) or sorted(known)
    if not found:
        return None
    if len(found) > 1:
        listed = ", ".join(name if place == top else f"{name} in {place}" for name, place in found)
        raise HostError(
            f"Several Compose projects were started in {directory}: {listed}.",
            "Say which one in avnwizard.toml ([stack] project = NAME), or remove the containers of the other.",
        )
    name, place = found[0]
    made = origins_of((container_from(raw) for raw in containers if _labels(raw).get(_PROJECT) == name), place)
    used = files_to_use(made, asked, _is_file)
    if not used:
        raise HostError(
            f"The containers started in {place} do not tell which compose files they come from.",
            "Name its compose files in avnwizard.toml ([stack] files = [...]).",
        )
    env_files = env_files_to_use(made, top / env_file if env_file else None, _is_file)
    file = _env_file(env_files)
    return ComposeProject(name, place, used, file, env_optional=file == place / _BY_ITSELF)


def _is_run_from(files: Sequence[Path], labels: Mapping[str, str], place: Path) -> bool:
    used = {(place / word).resolve() for word in labels.get(_FILES, "").split(",")}
    there = {file.resolve() for file in files if _is_file(file)}
    return not there or bool(used & there)


def _is_file(file: Path) -> bool:
    """Whether a file is there; a label may name what no file system takes for a name."""
    try:
        return file.is_file()
    except OSError:
        return False


def origins_of(containers: Iterable[Container], place: Path) -> tuple[Origin, ...]:
    """Which files containers were made from in a project directory (resolved); the newest first.

    Containers of `compose run` count only where there are no others. One that does not tell, such as one whose files
    came on Compose's stdin, has no files.
    """
    here = [one for one in containers if Path(one.labels.get(_FOLDER, "")).resolve() == place]
    found: dict[tuple[tuple[Path, ...], tuple[Path, ...]], list[Container]] = {}
    for one in [one for one in here if not one.one_off] or here:
        files = _listed(one.labels.get(_FILES, ""), place)
        files = () if any(file.name == "-" for file in files) else all_called_now(files, _is_file)
        env_files = _listed(one.labels.get(_ENV_FILES, ""), place) or (place / _BY_ITSELF,)
        found.setdefault((files, env_files), []).append(one)
    made = [
        Origin(files, env_files, tuple(sorted({one.service for one in those})), max(one.created_at for one in those))
        for (files, env_files), those in found.items()
    ]
    return tuple(sorted(made, key=lambda one: -one.newest))


def _labels(raw: Mapping[str, Any]) -> Mapping[str, str]:
    return labels_of(raw["Config"])


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

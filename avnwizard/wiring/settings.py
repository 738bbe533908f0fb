"""What a stack is set by: `avnwizard.toml`, the environment, and files where Compose looks for them."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from avnwizard.domain.config import (
    AVNOLOGY_ENV_FILE,
    AVNOLOGY_FILES,
    COMPOSE_ENV_FILE,
    COMPOSE_FILES,
    FILE_NAME,
    Config,
    StatePaths,
    parse_config,
)
from avnwizard.domain.config_verify import VerifySection
from avnwizard.domain.host import ComposeProject
from avnwizard.errors import RefusedError

if TYPE_CHECKING:
    from avnwizard.adapters.git import GitRepo

BAKE_S = "AVNWIZARD_BAKE_S"
"""Environment: for how many seconds a verified release is watched, over `[verify] bake_s`."""


def config_of(repo: "GitRepo", state: StatePaths, *, bake_s: float | None = None) -> Config:
    """The stack's own file, else the defaults.

    Args:
        bake_s: the default of `[verify] bake_s`, where it is another one.
    """
    config = next((found for folder in (repo.directory, state.folder) if (found := _read(folder / FILE_NAME))), None)
    ordered = os.environ.get(BAKE_S)
    if ordered is not None:
        section = parse_config(f"[verify]\nbake_s = {ordered}\n", source=BAKE_S).verify
    else:
        section = VerifySection(VerifySection.bake_s if bake_s is None else bake_s)
        section = config.verify if config and config.verify != VerifySection() else section
    return replace(config or Config(), verify=section)


def _read(file: Path) -> Config | None:
    return parse_config(_content(file), source=str(file)) if file.is_file() else None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise RefusedError(f"{file} cannot be read: {error.strerror}.", "Look at its owner and mode.") from error


def default_project(directory: Path, config: Config) -> ComposeProject:
    """Where no container shows it: `avnwizard.toml`, then Avnology's files, then what Compose looks for by itself."""
    names = config.stack.files or _named_files(directory) or _usual_files(directory)
    files = tuple(directory / name for name in names)
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise RefusedError(
            f"No running container belongs to {directory}, and there is no {missing[0].name}.",
            f"Start the stack, or name its compose files in {FILE_NAME} ([stack] files).",
        )
    place = files[0].parent if files else directory  # as Compose takes it, where nobody says
    env_file = directory / (config.stack.env_file or AVNOLOGY_ENV_FILE)
    if not (config.stack.env_file or env_file.is_file() or files[0].name in AVNOLOGY_FILES):
        env_file = place / COMPOSE_ENV_FILE
    name = config.stack.project or _project_name(files, env_file)
    return ComposeProject(name, place, files, env_file, env_optional=env_file == place / COMPOSE_ENV_FILE)


def _project_name(files: Sequence[Path], env_file: Path) -> str:
    """As Compose decides: by the env file, then by the last file that has a `name:`, then by the folder."""
    from avnwizard.domain.compose.document import read
    from avnwizard.domain.envfile import EnvFile

    env = EnvFile.parse_release(_content(env_file)) if env_file.is_file() else None
    named = [(env.literal("COMPOSE_PROJECT_NAME") if env else None) or ""]
    named += [str(read(_content(file).decode("utf-8", "replace")).get("name") or "") for file in reversed(files)]
    found = next((one for one in named if one and "$" not in one), files[0].parent.name)
    return re.sub(r"[^a-z0-9_-]", "", found.lower()).lstrip("_-")


def _named_files(directory: Path) -> tuple[str, ...]:
    """The compose files that the env file which Compose finds by itself names; () where it names none."""
    from avnwizard.domain.envfile import EnvFile
    from avnwizard.domain.interpolation import InterpolationError
    from avnwizard.domain.origin import named_by

    file = directory / COMPOSE_ENV_FILE
    try:
        return named_by(EnvFile.parse_release(_content(file)).as_dict()) if file.is_file() else ()
    except InterpolationError:
        return ()  # what reads the env file for its own sake names the place


def _usual_files(directory: Path) -> tuple[str, ...]:
    """Avnology's compose file; in a checkout that lacks it those that Compose finds there by itself."""
    if not (directory / AVNOLOGY_FILES[0]).is_file():
        for name in COMPOSE_FILES:
            if (directory / name).is_file():
                path = Path(name)
                over = (f"{path.stem}.override.yml", f"{path.stem}.override.yaml")
                return (name, *[one for one in over if (directory / one).is_file()][:1])
    return AVNOLOGY_FILES

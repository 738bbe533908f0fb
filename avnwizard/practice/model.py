"""Resolves the project's real compose and env files into the model that Compose would print."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import ComposeModel, ComposeProject
from avnwizard.errors import HostError, UsageError
from avnwizard.practice.compose.model import load


def resolve(project: ComposeProject, files: Sequence[Path], env_file: Path) -> ComposeModel:
    """The model of one compose file with one env file, relative paths taken from the project directory."""
    if len(files) != 1:
        raise HostError(
            f"the practice host reads one compose file, not {len(files)}", "Practise without override files."
        )
    try:
        return _resolved(_read(files[0]), _read(env_file), project.name, project.directory)
    except UsageError as error:  # where Compose itself would fail
        raise HostError(error.message, error.hint) from error


@lru_cache(maxsize=4)
def _resolved(file: bytes, env: bytes, project: str, directory: Path) -> ComposeModel:
    values = EnvFile.parse(env).as_dict()
    raw = load(file.decode("utf-8", errors="replace"), values, project=project, folder=str(directory))
    return model_from_config(raw)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HostError(f"{path.name} cannot be read: {error.strerror}", "Look at the file and its owner.") from None

"""Resolves the project's real compose and env files into the model that Compose would print."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import ComposeModel, ComposeProject
from avnwizard.errors import HostError, UsageError
from avnwizard.practice.compose.model import load

_ALWAYS = frozenset({"command", "entrypoint", "networks"})
"""What the model has of every service, whether a file says it or not."""


def resolve(project: ComposeProject, files: Sequence[Path], env_file: Path) -> ComposeModel:
    """The model of a compose file with one env file, relative paths taken from the project directory.

    A further file may set variables of services, and no more.
    """
    try:
        overrides = tuple(_read(file) for file in files[1:])
        return _resolved(_read(files[0]), overrides, _read(env_file), project.name, project.directory)
    except UsageError as error:  # where Compose itself would fail
        raise HostError(error.message, error.hint) from error


@lru_cache(maxsize=4)
def _resolved(file: bytes, overrides: tuple[bytes, ...], env: bytes, project: str, directory: Path) -> ComposeModel:
    values = EnvFile.parse(env).as_dict()
    raw = load(file.decode("utf-8", errors="replace"), values, project=project, folder=str(directory))
    for override in overrides:
        _lay_over(raw, load(override.decode("utf-8", errors="replace"), values))
    return model_from_config(raw)


def _lay_over(raw: dict[str, Any], override: Mapping[str, Any]) -> None:
    for name, body in override["services"].items():
        if name not in raw["services"] or set(body) - {"environment", *_ALWAYS}:
            raise HostError(
                "the practice host reads variables of services alone in a further file", "Practise without others."
            )
        raw["services"][name]["environment"] = {
            **(raw["services"][name].get("environment") or {}),
            **body["environment"],
        }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HostError(f"{path.name} cannot be read: {error.strerror}", "Look at the file and its owner.") from None

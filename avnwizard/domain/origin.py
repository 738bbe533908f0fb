"""Which compose files and env file a project's containers were made from, and which of them a plan has to use."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeVar

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
"""What a plain `docker compose` looks for, in its order (compose-go, cli/options.go)."""
P = TypeVar("P", bound=PurePath)


def called_now(file: P, is_there: Callable[[P], bool]) -> P | None:
    """A compose file by the name that it has: a release may give it another of those that Compose looks for.

    Args:
        is_there: whether there is such a file in the checkout, or in the release that is looked at.

    Returns:
        None for one that is gone.
    """
    if is_there(file):
        return file
    for names in (COMPOSE_FILES, OVERRIDES):
        if file.name in names:
            return next((other for name in names if is_there(other := file.with_name(name))), None)
    return None


def all_called_now(files: Sequence[P], is_there: Callable[[P], bool]) -> tuple[P, ...]:
    """Compose files by the names that they have, without an override that is gone.

    One of another name stays as it is: that it is missing is somebody else's to say.
    """
    found = []
    for file in files:
        now = called_now(file, is_there)
        if now is not None or file.name not in OVERRIDES:
            found.append(now or file)
    return tuple(dict.fromkeys(found))


def named_by(env: Mapping[str, str]) -> tuple[str, ...]:
    """The compose files that an env file names to Compose, in order; () where it names none."""
    return tuple(filter(None, env.get("COMPOSE_FILE", "").split(env.get("COMPOSE_PATH_SEPARATOR") or ":")))


def is_followed(file: PurePath, files: Sequence[PurePath]) -> bool:
    """Whether a compose file is found among others by its name alone, or is an override that may be gone."""
    return file.name in OVERRIDES or called_now(file, files.__contains__) is not None


def tell_the_same(before: Sequence[PurePath], after: Sequence[PurePath]) -> bool:
    """Whether another release's compose files are found by the names of today's: no others, and no more of them."""
    found = {called_now(one, after.__contains__) for one in before}
    return not before or (all(is_followed(one, after) for one in before) and found >= {*after})


@dataclass(frozen=True)
class Origin:
    """One set of files, and the services whose containers were made from it.

    Attributes:
        files: the compose files, absolute, in Compose's order; links among the folders above them are followed.
            () where the containers do not tell.
        env_files: the env files, alike.
        newest: when the newest of those containers was made, in seconds since the epoch.
    """

    files: tuple[Path, ...]
    env_files: tuple[Path, ...]
    services: tuple[str, ...]
    newest: float


def files_to_use(
    origins: Sequence[Origin], named: tuple[Path, ...], is_there: Callable[[Path], bool]
) -> tuple[Path, ...]:
    """The project's compose files.

    Compose replaces only what changed, so a file that was added later stands on the labels of a few containers alone.
    What `avnwizard.toml` names, else what the newest container was made from, is used where it leaves out none of the
    files that any container was made from. Where neither does, it is the most frequent set, and a check says stop.

    Args:
        origins: at least one.
        named: what `avnwizard.toml` names; () for nothing.
        is_there: whether a file exists: one that was removed is nobody's any more.
    """
    needed = {file for one in origins for file in one.files if is_there(file)}
    newest = max(origins, key=lambda one: one.newest).files
    for files in (named if all(map(is_there, named)) else (), newest):
        if files and needed <= set(files):
            return files
    return _most([one.files for one in origins for _ in one.services])


def env_files_to_use(
    origins: Sequence[Origin], named: Path | None, is_there: Callable[[Path], bool]
) -> tuple[Path, ...]:
    """The env files: the most frequent ones, or where the containers disagree the one that `avnwizard.toml` names.

    Args:
        origins: at least one.
        named: what `avnwizard.toml` names; None for nothing.
        is_there: whether a file exists.
    """
    known = [one.env_files for one in origins for _ in one.services]
    there = [files for files in known if all(map(is_there, files))] or known  # a release may have renamed it
    return (named,) if named and len(set(known)) > 1 and (named,) in known else _most(there)


def _most(sets: Sequence[tuple[Path, ...]]) -> tuple[Path, ...]:
    return Counter(sets).most_common(1)[0][0]

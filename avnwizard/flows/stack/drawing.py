"""The files that a release's compose files draw in, read from its commit: none of them is in the checkout yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname, join, normpath

from avnwizard.domain.compose.drawn import Drawn, drawn_in
from avnwizard.domain.envfile import readable
from avnwizard.domain.interpolation import InterpolationError
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError, WizardError
from avnwizard.flows.host import Host

_MOST = 200
"""Files that are drawn in: a compose file that draws in more is none that anybody wrote."""


@dataclass(frozen=True)
class ReleaseFiles:
    """Where the files of a release are read from.

    Attributes:
        commit: of the release.
        carried: files with local edits as they will be there, by their paths in the checkout.
        name: the release's, for messages.
    """

    commit: str
    carried: Mapping[str, bytes | None]
    name: str


def compose_drawn_in(host: Host, compose: Mapping[str, bytes], env: bytes, release: ReleaseFiles) -> dict[str, bytes]:
    """The further compose files that a release's compose files draw in: path in the checkout -> content."""
    found = _drawn(host, compose, env, release)
    return {path: content for path, (content, one) in found.items() if one.compose and path not in compose}


def self_contained(
    host: Host, compose: Mapping[str, bytes], env: bytes, release: ReleaseFiles
) -> Mapping[str, bytes]:
    """The compose files as they are where they draw in nothing that the checkout lacks; else all of them in one.

    Compose itself puts them together, in a folder of links to files in memory: it holds secrets, and touches no disk.

    Raises:
        RefusedError: Compose cannot put them together.
    """
    found = _drawn(host, compose, env, release)
    top = host.repo.directory.resolve()
    if not any(one.compose or not (top / path).is_file() for path, (_, one) in found.items()):
        return compose
    contents = {path: content for path, (content, _) in found.items()} | dict(compose)
    project = host.stack.project.directory.resolve()
    inside = project.relative_to(top) if project.is_relative_to(top) else Path()
    try:
        with host.files.tree(contents) as folder, host.files.in_memory(env) as env_file:
            whole = host.stack.flattened([folder / path for path in compose], env_file, folder / inside)
            return {next(iter(compose)): whole.replace(str(folder).encode(), str(top).encode())}
    except WizardError as error:
        raise RefusedError(
            f"The compose files of {printable(release.name)} and the files that they draw in do not fit together: "
            f"{error.message} Nothing was changed.",
            error.hint,
        ) from error


def _drawn(
    host: Host, compose: Mapping[str, bytes], env: bytes, release: ReleaseFiles
) -> dict[str, tuple[bytes, Drawn]]:
    """Path in the checkout -> content, of all that can be found; Compose names what it misses."""
    try:
        values = readable(env)[0].as_dict()
    except InterpolationError:
        values = {}
    found: dict[str, tuple[bytes, Drawn]] = {}
    left = list(compose.items())
    while left and len(found) < _MOST:
        path, content = left.pop(0)
        source = f"{printable(path)} of {printable(release.name)}"
        for one in drawn_in(content.decode("utf-8", "replace"), values, source=source):
            for place in dict.fromkeys(_places(host, path, one.path)):
                there = None if place in found or place in compose else _content(host, place, env, release)
                if there is not None:
                    found[place] = (there, one)
                    left += [(place, there)] if one.compose else []
    return found


def _places(host: Host, path: str, drawn: str) -> list[str]:
    """Where a file may lie that another one draws in: paths count from that one's folder, or from the project's."""
    top, project = host.repo.directory.resolve(), host.stack.project.directory.resolve()
    inside = project.relative_to(top).as_posix() if project.is_relative_to(top) else "."
    places = [normpath(join(folder, drawn)) for folder in (dirname(path), inside)]
    return [place for place in places if not place.startswith(("/", ".."))]


def _content(host: Host, path: str, env: bytes, release: ReleaseFiles) -> bytes | None:
    file = host.repo.directory.resolve() / path
    if file == host.stack.project.env_file:
        return env
    if path in release.carried:
        return release.carried[path]
    content = host.repo.read(release.commit, path)
    if content is None and file.is_file() and host.repo.read("HEAD", path) is None:
        return host.files.read(file)
    return content

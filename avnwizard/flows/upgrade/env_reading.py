"""Who reads the operator's env file at the target release, beyond the variables that its compose files name."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from avnwizard.domain.checkout import TagRef
from avnwizard.domain.compose import env_file_paths, whole_file_readers
from avnwizard.domain.env_readers import Readers, names_in
from avnwizard.domain.envfile import EnvFile, readable
from avnwizard.domain.interpolation import InterpolationError
from avnwizard.domain.plain import printable
from avnwizard.flows.host import Host


def readers(
    host: Host,
    tag: TagRef,
    compose: Mapping[str, bytes],
    carried: Mapping[str, bytes | None],
    operator: EnvFile,
    called: str = "",
    *,
    without_example: bool,
) -> Readers:
    """Look through the target's compose files.

    Args:
        compose: these files, as they will be: path -> content.
        carried: tracked files with local edits, as they will be.
        called: the env file's path in the checkout, where git tracks it: the release may call it otherwise.
        without_example: the target has no example file to tell what it reads.

    Raises:
        HostError: git or a file does not answer.
    """
    project = host.stack.project
    files = [project.env_file, *([host.repo.directory / called] if called else [])]
    own = frozenset(str(one) for file in files for one in (file, file.resolve()))
    try:
        values = operator.as_dict()
    except InterpolationError:
        values = {}
    texts = [content.decode("utf-8", "replace") for content in compose.values()]
    directory = str(project.directory)
    whole: set[str] = set()
    others: set[str] = set()
    for text in texts:
        whole |= set(whole_file_readers(text, directory=directory, env_files=own, values=values))
        others |= env_file_paths(text, directory=directory, values=values) - own
    named = _named(host, tag, carried, sorted(others))
    unknown = f"{printable(tag.name)} has no example file to tell what it reads" if without_example else ""
    return Readers(tuple(sorted(whole)), named, unknown)


def _named(host: Host, tag: TagRef, carried: Mapping[str, bytes | None], paths: Iterable[str]) -> dict[str, str]:
    """What the services' own env files refer to: Compose fills these in from the project's."""
    found: dict[str, str] = {}
    for path in paths:
        known, _ = readable(_content(host, tag, carried, Path(path)) or b"")
        for statement in known.statements:
            if statement.expands:
                found |= dict.fromkeys(names_in(statement.literal), Path(path).name)
    return found


def _content(host: Host, tag: TagRef, carried: Mapping[str, bytes | None], file: Path) -> bytes | None:
    top = host.repo.directory
    if file.is_relative_to(top):
        path = str(file.relative_to(top))
        content = carried[path] if path in carried else host.repo.read(tag.commit, path)
        if content is not None:
            return content
    return host.files.read(file) if file.is_file() else None

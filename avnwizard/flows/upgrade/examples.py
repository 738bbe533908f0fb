"""The example env files of two releases. One that is gone is no empty one: nobody can tell what the release reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Breaking
from avnwizard.flows.host import Host

ITEM = "example"
"""The id of what has to be acknowledged where the example is not where it was."""
_SHOWN = 10
"""Lines named by their numbers, before "and more"."""


@dataclass(frozen=True)
class Examples:
    """Both files.

    Attributes:
        after: the new release's; where `missing`, the current one's once more, so that nothing seems to change.
        moved_to: where the new release has it, "" where it is in its place.
        missing: the new release has none that could be found, and the current one has.
    """

    before: bytes
    after: bytes
    moved_to: str = ""
    missing: bool = False


def examples(host: Host, current: str, target: str) -> Examples:
    """Read them from two refs.

    Raises:
        HostError: git does not answer.
    """
    path = host.config.stack.example
    before, after = _read(host, current, path), _read(host, target, path)
    if before is None or after is not None:
        return Examples(before or b"", after or b"")
    name = PurePosixPath(path).name
    known = set(host.repo.list(current, ""))
    places = [one for one in host.repo.list(target, "") if PurePosixPath(one).name == name and one not in known]
    content = _read(host, target, places[0]) if len(places) == 1 else None
    if content is None:
        return Examples(before, before, missing=True)
    return Examples(before, content, moved_to=places[0])


def _read(host: Host, ref: str, path: str) -> bytes | None:
    """The file as UTF-8 text, whatever bytes a comment of it holds."""
    content = host.repo.read(ref, path)
    return None if content is None else content.decode("utf-8", "replace").encode()


def to_acknowledge(host: Host, found: Examples, tag: str) -> tuple[Breaking, ...]:
    """What the operator has to know before anything is made of it."""
    path, tag = printable(host.config.stack.example), printable(tag)
    if found.moved_to:
        place = printable(found.moved_to)
        return (
            Breaking(
                ITEM,
                f"{tag} has no {path}: the settings of {tag} are read from {place}.",
                f"The release moved its example env file, by its name to {place}. Look whether that is the one that "
                "your env file was made from. Every setting of yours stays unless the plan says otherwise.",
            ),
        )
    if found.missing:
        return (
            Breaking(
                ITEM,
                f"{tag} has no {path}, so nobody can tell which settings it adds or drops. All of yours stay.",
                f"Look in the changelog and the files of {tag} for new settings, and for those that it renamed. "
                f"Only what its compose files demand is asked for. Nothing of your env file is commented out.",
            ),
        )
    return ()


def skipped(path: str, contents: Mapping[str, bytes]) -> tuple[str, ...]:
    """Say which lines of either release's example could not be read, by number; `contents` is tag -> file."""
    found = [(tag, EnvFile.parse_release(content).unread) for tag, content in contents.items()]
    return tuple(
        f"{printable(path)} of {printable(tag)}: {'lines' if len(lines) > 1 else 'line'} "
        f"{', '.join(map(str, lines[:_SHOWN]))}{' and more' if len(lines) > _SHOWN else ''} cannot be read. "
        "The rest of the file was compared."
        for tag, lines in found
        if lines
    )

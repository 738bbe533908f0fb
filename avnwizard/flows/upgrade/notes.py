"""The release notes between two releases: a changelog, or what there is in place of one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from avnwizard.domain.changelog import (
    ChangelogRange,
    from_commits,
    from_files,
    from_forge,
    from_tags,
    is_notes,
    sections_between,
)
from avnwizard.domain.checkout import TagRef
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError
from avnwizard.flows.host import Host

_USUAL_FOLDERS = ("releases", "release-notes", "changelog", "changelogs", "docs/releases", "docs/release-notes")
"""Where projects and forges' exports keep one file per release."""
_USUAL_FILES = ("docs/changelog.md", "docs/CHANGELOG.md", "CHANGES.md", "HISTORY.md", "RELEASES.md", "CHANGELOG")
"""Where projects keep a changelog that is not where it is looked for first."""
_COMMITS = "only the commits that carry a conventional mark"


def notes_between(
    host: Host, current: TagRef, target: TagRef, newest: TagRef | None = None, tags: Sequence[str] = ()
) -> ChangelogRange:
    """What the notes say of the releases after `current` up to `target`.

    Args:
        newest: a later release whose changelog is read first, since it holds what the others' do: so that many
            releases need one reading. The target's own is read where that one has no section for the target.
        tags: the releases on the way: those without a section are named.

    Raises:
        HostError: git does not answer.
    """
    if newest is not None and newest.commit != target.commit and (text := _text(host, newest)):
        found = sections_between(text, current.name, target.name, tags=tags)
        if target.name not in found.missing:
            return found
    text = _text(host, target)
    if text and (saved := from_forge(text)) is not None:
        found = sections_between(saved, current.name, target.name, tags=tags)
        return replace(found, source=_forge(host))
    found = sections_between(text, current.name, target.name, tags=tags)
    return found if text else _in_place_of_one(host, current, target, tags) or found


def _in_place_of_one(host: Host, current: TagRef, target: TagRef, tags: Sequence[str]) -> ChangelogRange | None:
    """The first source that has a section in the range: a folder's files, the tags' messages, the marked commits."""
    for text, source in _sources(host, target):
        found = sections_between(text, current.name, target.name, tags=tags) if text else None
        if found and found.versions:
            return replace(found, source=source)
    text = from_commits(_messages(host, current, target), target.name)
    found = sections_between(text, current.name, target.name) if text else None
    # commits without a mark may break as much: the release counts as unread beyond these; no section can be missing
    return replace(found, source=_COMMITS, missing=(), unread=(target.name,)) if found else None


def _sources(host: Host, target: TagRef) -> Iterator[tuple[str, str]]:
    if saved := _saved(host):
        yield saved, _forge(host)
    for folder in (host.config.stack.changelog, *_USUAL_FOLDERS):
        paths = [one for one in host.repo.files(target.commit, folder) if one.is_plain and is_notes(one.path)]
        files = {one.path: host.repo.content(one.blob).decode("utf-8", "replace") for one in paths}
        yield from_files(files), f"the files in {printable(folder, limit=100)}"
    yield from_tags(host.repo.tag_messages()), "the tags' messages"


def _forge(host: Host) -> str:
    return f"the forge's releases in {printable(host.config.stack.changelog, limit=100)}"


def _saved(host: Host) -> str:
    """A forge's list of releases that the operator saved where `[stack] changelog` says, tracked by git or not."""
    name = host.config.stack.changelog
    if not name.endswith(".json") or not host.files.exists(path := host.repo.directory / name):
        return ""
    return from_forge(host.files.read(path).decode("utf-8", "replace")) or ""


def _messages(host: Host, current: TagRef, target: TagRef) -> tuple[str, ...]:
    try:
        return host.repo.messages(current.commit, target.commit)
    except HostError:
        return ()


def _text(host: Host, tag: TagRef) -> str:
    places = (host.config.stack.changelog, *_USUAL_FILES)
    found = (host.repo.read(tag.commit, one) for one in places)
    return next(filter(None, found), b"").decode("utf-8", "replace")

"""What the files of a release change for services whose image and compose settings stay the same."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from avnwizard.domain.compose.document import read
from avnwizard.domain.compose.reads import Changed, copied_contents, files_by_reference, mounted_paths
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.inputs import UpgradeInputs

_NAMED = 2


def changed_for_services(
    host: Host, draft: UpgradeInputs, now: ComposeModel, model: ComposeModel, env: EnvFile
) -> dict[str, Changed]:
    """What each service of the target reads and the release changes.

    Args:
        now: the model that runs.
        model: the target's.
        env: the operator's env file as it will be.
    """
    moved = moved_files(host, draft)
    before, after = draft.operator.as_dict(), env.as_dict()
    documents = [read(content.decode("utf-8", "replace")) for content in draft.every_compose.values()]
    found = {}
    for name in model.services:
        copied = copied_contents(model.raw, name, after)
        was = copied_contents(now.raw, name, before)
        given = [path for document in documents for path in files_by_reference(document, name, after)]
        found[name] = Changed(
            seen=tuple(_given(host, given, moved, env_changes=before != after)),
            mounted=tuple(below(host, mounted_paths(model.raw, name), moved)),
            copied=tuple(what for what, content in copied.items() if what in was and was[what] != content),
        )
    return found


def in_words(changed: Sequence[str]) -> str:
    """A few names, for a reason: "conf/a and 3 more change, which it reads"."""
    shown = ", ".join(printable(one, limit=60) for one in changed[:_NAMED])
    more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
    return f"{shown}{more} change{'s' if len(changed) == 1 else ''}, which it reads"


def in_sentences(changed: Mapping[str, Changed]) -> tuple[str, ...]:
    """The same for the plan's list of changes."""
    return tuple(f"{name}: {in_words(one.all)}" for name, one in sorted(changed.items()) if one.all)


def moved_files(host: Host, draft: UpgradeInputs) -> frozenset[str]:
    """The tracked files that will have another content, the operator's own edits being carried over."""
    moved = {one.path for one in host.repo.changed(draft.current.commit, draft.target.commit)}
    merged = {path for path, content in draft.edited.items() if draft.carried.get(path) != content}
    return frozenset((moved - draft.edited.keys()) | merged)


def _given(host: Host, paths: Sequence[str], moved: frozenset[str], *, env_changes: bool) -> Iterator[str]:
    project = host.stack.project
    env_file = project.env_file.resolve()
    for path in dict.fromkeys(paths):
        file = project.directory / path
        if file.resolve() == env_file:
            if env_changes:
                yield path
        else:
            yield from below(host, [str(file)], moved)


def below(host: Host, paths: Sequence[str], moved: frozenset[str]) -> Iterator[str]:
    """The moved files that are one of some paths or lie below it."""
    told = set()
    for path in paths:
        for inside in _in_checkout(host, path):
            for file in sorted(moved):
                if file not in told and (inside in {".", file} or file.startswith(f"{inside}/")):
                    told.add(file)
                    yield file


def _in_checkout(host: Host, path: str) -> Iterator[str]:
    """A path of the host as git names it, by its own name and by what it links to; nothing where it lies outside."""
    top = host.repo.directory.resolve()
    for one in dict.fromkeys((Path(os.path.normpath(host.repo.directory / path)), Path(path).resolve())):
        for root in dict.fromkeys((host.repo.directory, top)):
            if one.is_relative_to(root):
                yield one.relative_to(root).as_posix()
                break

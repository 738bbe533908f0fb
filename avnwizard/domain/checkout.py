"""The git checkout of a stack, as it is found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Head:
    """Where the checkout stands.

    Attributes:
        tag: the release tag at HEAD, or behind it where only commits of the operator's own lie between; "" when there
            is none.
        branch: "" when HEAD is detached, as the manual's `git checkout TAG` leaves it.
        base: the commit of the tag, where HEAD has commits of the operator's own on top; else "".
        own: how many of those there are.
    """

    commit: str
    tag: str
    branch: str
    base: str = ""
    own: int = 0


@dataclass(frozen=True)
class TagRef:
    """A tag of the repository. `date` is ISO 8601 of the tag (annotated) or of its commit."""

    name: str
    commit: str
    date: str
    annotated: bool
    signed: bool


@dataclass(frozen=True)
class TreeChange:
    """A path at which two commits differ: in content or in mode, added or removed.

    Attributes:
        submodule: it is a git submodule in one of them.
        is_new: the first commit has nothing there.
    """

    path: str
    submodule: bool = False
    is_new: bool = False


@dataclass(frozen=True)
class TreeFile:
    """A file as a commit holds it, its content unread.

    Attributes:
        path: from the top of the checkout.
        blob: id of the content; equal ids are equal contents, in whichever release.
        is_plain: a file, and no symbolic link or submodule.
    """

    path: str
    blob: str
    size_bytes: int
    is_plain: bool


@dataclass(frozen=True)
class RepoState:
    """Facts that decide whether a checkout can be moved.

    Attributes:
        edited: tracked files that differ from HEAD, in the index or in the work tree, relative paths.
        busy: a merge, rebase, cherry-pick or bisect in progress, by name; "" when none.
        locked: `.git/index.lock` exists.
    """

    shallow: bool
    edited: tuple[str, ...]
    busy: str
    locked: bool
    remote: str


@dataclass(frozen=True)
class Merge:
    """A three-way merge of one file with the operator's edits. `content` is None when the target has no such file."""

    path: str
    content: bytes | None
    conflict: bool

"""What a commit holds, without checking it out: each file's content is named by git's id and read once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from avnwizard.domain.checkout import TreeFile
from avnwizard.errors import HostError

if TYPE_CHECKING:
    import git

_PLAIN = (0o100644, 0o100755)
_FOLDER, _SUBMODULE, _LINK = 0o040000, 0o160000, 0o120000
_KEPT_BYTES, _LARGEST_KEPT = 64 << 20, 1 << 20


@dataclass(frozen=True)
class Found:
    """A file of a commit: its content's id, and whether it is a symbolic link."""

    blob: str
    is_link: bool


class Trees:
    """What commits hold: each folder is read once, whatever number of commits have it; no process is started."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[tuple[str, int, bytes], ...]] = {}
        self._sizes: dict[bytes, int] = {}
        self._tops: dict[str, bytes] = {}

    def files(self, repo: "git.Repo", commit: str, folder: str) -> tuple[TreeFile, ...]:
        """What lies below a folder of a commit, by path; links and submodules too.

        Raises:
            HostError: the clone does not hold one of the folders.
        """
        parts = [part for part in folder.strip("/").split("/") if part not in {"", "."}]
        with _whole_clone(commit, "/".join(parts)):
            tree = self._descend(repo, commit, parts)
            found = list(self._below(repo, tree, "".join(f"{part}/" for part in parts))) if tree else []
        return tuple(sorted(found, key=lambda one: one.path))

    def find(self, repo: "git.Repo", commit: str, path: str) -> Found | None:
        """A file of a commit by its path; None where that is none.

        Raises:
            HostError: the clone does not hold one of the folders.
        """
        *parts, name = path.strip("/").split("/")
        with _whole_clone(commit, path):
            tree = self._descend(repo, commit, parts)
            entry = self._entry(repo, tree, name) if tree else None
        if entry is None or entry[1] in {_FOLDER, _SUBMODULE}:
            return None
        return Found(entry[2].hex(), is_link=entry[1] == _LINK)

    def _descend(self, repo: "git.Repo", commit: str, parts: Sequence[str]) -> bytes:
        """The id of a folder of a commit, b"" where it has no such folder."""
        if commit not in self._tops:
            self._tops[commit] = repo.commit(commit).tree.binsha
        tree = self._tops[commit]
        for part in parts:
            entry = self._entry(repo, tree, part)
            if entry is None or entry[1] != _FOLDER:
                return b""
            tree = entry[2]
        return tree

    def _entry(self, repo: "git.Repo", tree: bytes, name: str) -> tuple[str, int, bytes] | None:
        return next((one for one in self._entries(repo, tree) if one[0] == name), None)

    def _below(self, repo: "git.Repo", tree: bytes, prefix: str) -> Iterator[TreeFile]:
        for name, mode, sha in self._entries(repo, tree):
            if mode == _FOLDER:
                yield from self._below(repo, sha, f"{prefix}{name}/")
            else:
                size = 0 if mode == _SUBMODULE else self._size(repo, sha)
                yield TreeFile(prefix + name, sha.hex(), size, is_plain=mode in _PLAIN)

    def _entries(self, repo: "git.Repo", tree: bytes) -> tuple[tuple[str, int, bytes], ...]:
        if tree not in self._known:
            data = repo.odb.stream(tree).read()
            self._known[tree] = tuple(_entries_in(data, len(tree)))
        return self._known[tree]

    def _size(self, repo: "git.Repo", blob: bytes) -> int:
        """In bytes; 0 where the clone does not hold it, which reading it then says."""
        from git.exc import ODBError

        if blob not in self._sizes:
            try:
                self._sizes[blob] = int(repo.odb.info(blob).size)
            except (ODBError, ValueError):
                return 0
        return self._sizes[blob]


def _entries_in(data: bytes, id_bytes: int) -> Iterator[tuple[str, int, bytes]]:
    """Read a tree object: for each entry its mode, a blank, its name, a zero, and the id (Git, "Git Objects")."""
    at = 0
    while at < len(data):
        blank = data.index(b" ", at)
        zero = data.index(b"\0", blank)
        end = zero + 1 + id_bytes
        yield data[blank + 1 : zero].decode("utf-8", "surrogateescape"), int(data[at:blank], 8), data[zero + 1 : end]
        at = end


@contextmanager
def _whole_clone(commit: str, path: str) -> Iterator[None]:
    """Turn what is missing in the clone into an error that says so."""
    import git
    from git.exc import ODBError

    try:
        yield
    except (git.GitError, ODBError, ValueError, OSError) as error:
        hint = "`git fsck` shows whether the clone is whole."
        raise HostError(f"git cannot read {path or 'the top'} at {commit}.", hint) from error


class Contents:
    """Contents by id, kept: twenty releases hold the same migrations nineteen times."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}
        self._left = _KEPT_BYTES

    def read(self, repo: "git.Repo", blob: str) -> bytes:
        """A content; `HostError` when the clone does not hold it."""
        if blob in self._known:
            return self._known[blob]
        import git

        try:
            data = bytes(git.Blob(repo, bytes.fromhex(blob)).data_stream.read())
        except (git.GitError, ValueError, OSError) as error:
            hint = "`git fsck` shows whether the clone is whole."
            raise HostError(f"git cannot read the object {blob[:12]}.", hint) from error
        if len(data) <= min(self._left, _LARGEST_KEPT):
            self._known[blob] = data
            self._left -= len(data)
        return data

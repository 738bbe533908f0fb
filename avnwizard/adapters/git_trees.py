"""What a commit holds, without checking it out: each file's content is named by git's id and read once."""

from typing import TYPE_CHECKING

from avnwizard.adapters.git_runner import GitRunner
from avnwizard.domain.host import TreeFile
from avnwizard.errors import HostError

if TYPE_CHECKING:
    import git

_PLAIN = ("100644", "100755")
_KEPT_BYTES, _LARGEST_KEPT = 64 << 20, 1 << 20


def files(runner: GitRunner, commit: str, folder: str) -> tuple[TreeFile, ...]:
    """What lies below a folder of a commit, by path; links and submodules too."""
    prefix = folder.strip("/")
    within = ("--", f"{prefix}/") if prefix not in {"", "."} else ()
    lines = runner.paths("--literal-pathspecs", "ls-tree", "-r", "-l", "-z", "--full-tree", commit, *within)
    return tuple(sorted(map(_file, lines), key=lambda one: one.path))


def _file(line: str) -> TreeFile:
    facts, _, path = line.partition("\t")
    mode, _, blob, size = facts.split()
    return TreeFile(path, blob, int(size) if size.isdigit() else 0, is_plain=mode in _PLAIN)


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
            hint = "`git fsck` tells whether the clone is whole."
            raise HostError(f"git cannot read the object {blob[:12]}.", hint) from error
        if len(data) <= min(self._left, _LARGEST_KEPT):
            self._known[blob] = data
            self._left -= len(data)
        return data

"""Three-way merge of one file: `git merge-file` decides, and what it cannot decide is a conflict."""

from contextlib import ExitStack

from avnwizard.adapters.git_runner import GitRunner
from avnwizard.adapters.memory_file import in_memory
from avnwizard.adapters.process_errors import fail
from avnwizard.domain.checkout import Merge

_FAILED = 128
"""`git merge-file` exits with the number of conflicts (at most 127), or above when it could not merge."""


def merge_file(
    runner: GitRunner, path: str, *, base: bytes | None, ours: bytes | None, theirs: bytes | None
) -> Merge:
    """Carry the operator's edit (`base` -> `ours`) over to the release (`theirs`); None means that there is no file.

    `content` with a conflict holds git's markers, or where no merge is possible (binary, removed on one side) the
    release's file; it is a proposal to show, never something to write unasked.
    """
    if ours == base:
        return Merge(path, theirs, conflict=False)
    if theirs == base:
        return Merge(path, ours, conflict=False)
    if ours == theirs:
        return Merge(path, ours, conflict=False)
    if base is None or ours is None or theirs is None or any(b"\0" in side for side in (base, ours, theirs)):
        return Merge(path, theirs, conflict=True)
    labels = [word for name in ("your edit", "before", "release") for word in ("-L", name)]
    with ExitStack() as held:
        sides = [str(held.enter_context(in_memory(data))) for data in (ours, base, theirs)]
        done = runner.try_("merge-file", "-p", "-q", *labels, "--", *sides)
    if done.code >= _FAILED or done.code < 0:
        fail(done.argv, done.code, done.complaint, "")
    return Merge(path, done.stdout, conflict=done.code != 0)

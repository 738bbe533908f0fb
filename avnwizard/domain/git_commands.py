"""The git commands that avnwizard runs, as they are shown: each is one argument list."""

from pathlib import Path

from avnwizard.domain.commands import Argv


def git(directory: Path, *words: str) -> Argv:
    """A git command in the checkout that runs no hook of the repository."""
    return ("git", "-C", str(directory), "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", *words)


def git_fetch(directory: Path, remote: str) -> Argv:
    """Fetch branches and tags; a tag that is here is never moved and never deleted, whatever the config says.

    `git fetch --tags` alone obeys `remote.NAME.fetch` and `fetch.pruneTags`, which can do both (git-fetch(1), 2.39).
    """
    words = ("-c", "gc.auto=0", "fetch", "--no-prune", "--no-prune-tags", "--no-recurse-submodules", "--refmap=")
    return git(directory, *words, remote, f"+refs/heads/*:refs/remotes/{remote}/*", "refs/tags/*:refs/tags/*")


def git_checkout(directory: Path, commit: str) -> Argv:
    """Move the work tree to a commit, dropping edits of tracked files; untracked and ignored files stay."""
    return git(directory, "checkout", "--force", "--detach", "--no-recurse-submodules", commit)


def git_attach(directory: Path, branch: str) -> Argv:
    """Put HEAD on a branch that points at the same commit; no file is touched."""
    return git(directory, "symbolic-ref", "HEAD", f"refs/heads/{branch}")

"""Moving the work tree: repeatable after a crash, without losing a file that git does not track."""

import os
import shlex
import stat
import time
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from avnwizard.adapters.files import refusal, replace_file
from avnwizard.adapters.git_ownership import umask_like
from avnwizard.adapters.git_runner import GitRunner
from avnwizard.domain import git_commands
from avnwizard.errors import HostError

_LOCK_WAIT_S = 10.0
_EXEC = 0o111
_SHOWN = 5


def edited(runner: GitRunner, base: str = "HEAD") -> tuple[str, ...]:
    """Tracked files that differ from `base` in the index or in the work tree.

    `HostError` for edits that `git update-index --skip-worktree` or `--assume-unchanged` hides: no diff would show
    them, and no checkout would pass them (git 2.39).
    """
    if hidden := _hidden_edits(runner):
        flags = ("--no-skip-worktree", "--no-assume-unchanged")
        show_them = " && ".join(f"git update-index {flag} -- {shlex.join(hidden)}" for flag in flags)
        message = f"git is set to ignore changes of files that are edited: {', '.join(hidden[:_SHOWN])}."
        raise HostError(message, f"Show them to git again: {show_them}")
    options = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=all")
    found = {*runner.paths("diff", *options, base, "--"), *runner.paths("diff", *options, "--cached", base, "--")}
    return tuple(sorted(found))


def content(directory: Path, path: str) -> bytes | None:
    """A file of the work tree; None when there is none."""
    try:
        place = _inside(directory, path)
        if place.is_symlink():
            raise HostError(f"{path} is a symbolic link.", "avnwizard handles plain files only: make it one.")
        return place.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise refusal("read", directory / path, error) from error


def move(runner: GitRunner, commit: str, *, contents: Mapping[str, bytes | None]) -> None:
    """Put the work tree at `commit`, then `contents` over it."""
    places = {path: _inside(runner.directory, path) for path in contents}
    _wait_for_lock(runner)
    _refuse_overwriting(runner, commit, contents)
    was = _modes(runner, "HEAD", places)
    mask = umask_like(runner.directory, (path for path in tracked(runner) if path not in contents))
    runner.execute(git_commands.git_checkout(runner.directory, commit), umask=mask)
    for path, data in contents.items():
        place = places[path]
        try:
            if data is None:
                place.unlink(missing_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                replace_file(place, data, mode=_carried_mode(place, was.get(path)))
        except OSError as error:
            raise refusal("write", place, error) from error


def attach(runner: GitRunner, branch: str) -> None:
    """Put HEAD on a branch that points at the commit of the work tree."""
    runner.execute(git_commands.git_attach(runner.directory, branch))


def is_at(runner: GitRunner, commit: str, *, contents: Mapping[str, bytes | None]) -> bool:
    """HEAD at `commit`, and the work tree different from it by exactly `contents`."""
    if runner.try_("rev-parse", "--verify", "--quiet", "HEAD^{commit}").text.strip() != commit:
        return False
    options = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=all")
    if not set(runner.paths("diff", *options, commit, "--")) <= contents.keys():
        return False
    return all(content(runner.directory, path) == data for path, data in contents.items())


def in_the_way(runner: GitRunner, commit: str) -> tuple[str, ...]:
    """Files that git does not track and that a checkout of `commit` would overwrite with other content, by path."""
    known = {*runner.paths("ls-files", "-z"), *_tree(runner, "HEAD")}
    coming = set(_tree(runner, commit))
    return tuple(path for path in sorted(coming - known) if _would_lose(runner, commit, path, known))


def overlaid(runner: GitRunner, commit: str, base: str) -> dict[str, bytes | None]:
    """Files that git does not track, where `commit` has one and `base` has none, and that hold no more than that one.

    Either a checkout of `commit` that was cut off has left them, or they were there before it. Path -> content; None
    stands for a symbolic link.
    """
    known = {*runner.paths("ls-files", "-z"), *_tree(runner, base)}
    found: dict[str, bytes | None] = {}
    for path in sorted({*_tree(runner, commit)} - known):
        place = runner.directory / path
        if not os.path.lexists(place) or _is_linked(runner.directory, path):
            continue
        is_file = place.is_symlink() or place.is_file()
        if is_file and not _would_lose(runner, commit, path, known):
            found[path] = None if place.is_symlink() else content(runner.directory, path)
    return found


def tracked(runner: GitRunner) -> list[str]:
    """The paths that the index holds."""
    return runner.paths("ls-files", "-z")


def _tree(runner: GitRunner, commit: str) -> list[str]:
    return runner.paths("ls-tree", "-rz", "--name-only", "--full-tree", commit)


def _is_linked(directory: Path, path: str) -> bool:
    """Whether a folder above it is a symbolic link: the file lies elsewhere."""
    return any((directory / parent).is_symlink() for parent in PurePosixPath(path).parents)


def _hidden_edits(runner: GitRunner) -> list[str]:
    marked = [entry.partition(" ")[::2] for entry in runner.paths("ls-files", "-v", "-z")]
    hidden = [path for mark, path in marked if mark == "S" or mark.islower()]
    return [path for path in hidden if (runner.directory / path).is_file() and _differs(runner, path)]


def _differs(runner: GitRunner, path: str) -> bool:
    here = runner("hash-object", "--", path).text
    return here != runner.try_("rev-parse", "--verify", "--quiet", "--end-of-options", f"HEAD:{path}").text


def _wait_for_lock(runner: GitRunner) -> None:
    """A git that a killed run left behind ends soon; a lock that stays is the operator's to judge."""
    lock = Path(runner("rev-parse", "--absolute-git-dir").text.rstrip("\n")) / "index.lock"
    until = time.monotonic() + _LOCK_WAIT_S
    while lock.exists():
        if time.monotonic() > until:
            hint = f"If no other git command is running there, remove {lock} and resume."
            raise HostError(f"Another git command holds {runner.directory}, or died holding it.", hint)
        time.sleep(0.2)


def _refuse_overwriting(runner: GitRunner, commit: str, contents: Mapping[str, bytes | None]) -> None:
    """`git checkout --force` overwrites untracked and ignored files; here that is refused.

    A file with the target's content, or with a beginning of it (what a checkout that was cut off leaves), is no loss;
    nor is one with the content that it gets afterwards.
    """
    found = in_the_way(runner, commit)
    lost = [path for path in found if path not in contents or content(runner.directory, path) != contents[path]]
    if lost:
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        raise HostError(
            f"Files that git does not track are in the way of the release: {', '.join(lost[:_SHOWN])}{more}.",
            "Move them away, then try again; nothing was changed.",
        )


def _would_lose(runner: GitRunner, commit: str, path: str, known: Iterable[str]) -> bool:
    place = runner.directory / path
    for parent in PurePosixPath(path).parents[:-1]:
        above = runner.directory / parent
        if (above.is_symlink() or above.is_file()) and str(parent) not in known:
            return True
    if place.is_dir() and not place.is_symlink():
        return any(not _is_known(runner.directory, found, known) for found in place.rglob("*") if not found.is_dir())
    if not os.path.lexists(place):
        return False
    coming = runner("cat-file", "blob", f"{commit}:{path}").stdout
    here = os.fsencode(place.readlink()) if place.is_symlink() else content(runner.directory, path)
    return not coming.startswith(here or b"")


def _is_known(directory: Path, place: Path, known: Iterable[str]) -> bool:
    return str(place.relative_to(directory)) in known


def _inside(directory: Path, path: str) -> Path:
    """The place of a tracked path; `HostError` for one that leaves the work tree or enters `.git`."""
    parts = PurePosixPath(path).parts
    place = directory / path
    if (
        not parts
        or parts[0] in {"/", ".git"}
        or ".." in parts
        or not place.parent.resolve().is_relative_to(directory)
    ):
        raise HostError(f"{path!r} is not a path inside {directory}.", "Nothing was changed.")
    return place


def _modes(runner: GitRunner, ref: str, places: Mapping[str, Path]) -> dict[str, tuple[int, bool]]:
    """Path -> (permission bits now, executable at `ref`)."""
    listed = runner.paths("ls-tree", "-rz", "--full-tree", ref)
    executable = {line.partition("\t")[2] for line in listed if line.startswith("100755")}
    return {
        path: (stat.S_IMODE(place.stat().st_mode), path in executable)
        for path, place in places.items()
        if place.is_file() and not place.is_symlink()
    }


def _carried_mode(place: Path, was: tuple[int, bool] | None) -> int:
    """Git's mode for the release's file, as private and as executable as the operator had made his."""
    now = stat.S_IMODE(place.stat().st_mode) if place.is_file() and not place.is_symlink() else 0o644
    if was is None:
        return now
    mode, was_executable = was
    if bool(mode & _EXEC) != was_executable:
        now = now | (mode & _EXEC) if mode & _EXEC else now & ~_EXEC
    return now & (mode | _EXEC)

"""The operator's checkout: git itself for whatever changes it, GitPython for reading its objects.

GitPython keeps one `git cat-file --batch` for all that is read, where a `git cat-file blob` each would be hundreds of
processes for the migrations of a few releases. Refs, tags and state are one `git` process each, so they do not need
GitPython, whose import takes 14 MB and 160 ms: a command that reads no release never loads it.
"""

import contextlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from avnwizard.adapters import git_refs, git_signature, git_trees, git_worktree
from avnwizard.adapters.git_environment import git_environment
from avnwizard.adapters.git_merge import merge_file
from avnwizard.adapters.git_ownership import give_back
from avnwizard.adapters.git_runner import GitRunner
from avnwizard.adapters.process_errors import printable
from avnwizard.domain.checkout import Head, Merge, RepoState, TagRef, TreeChange, TreeFile
from avnwizard.domain.release_order import readable, tag_of
from avnwizard.domain.secret import redact_urls
from avnwizard.domain.signature import Signature
from avnwizard.errors import HostError

if TYPE_CHECKING:
    import git

_BUSY = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}


def open_repo(directory: Path) -> "GitRepo":
    """The checkout whose top is `directory`; `HostError` with a hint for everything that it may be instead."""
    if not directory.is_dir():
        raise HostError(f"There is no folder {directory}.", "Name the stack's folder with --stack.")
    runner = GitRunner(directory)
    done = runner.try_("rev-parse", "--is-bare-repository", "--show-toplevel", "--absolute-git-dir")
    bare, _, rest = done.text.partition("\n")
    if bare.strip() == "true":
        raise HostError(f"{directory} is a bare git repository: it has no files.", "Name the checkout with --stack.")
    if done.code != 0:
        raise _cannot_open(directory, done.complaint)
    top, git_dir = rest.rstrip("\n").split("\n")
    if Path(top) != directory.resolve():
        raise HostError(
            f"{directory} is not the top of a git checkout; it lies inside {printable(top)}.",
            f"If that is the stack, use --stack {printable(top)}.",
        )
    return GitRepo(runner, Path(top), Path(git_dir))


class GitRepo:
    """The port `Repo` over a real git checkout; made by `open_repo`."""

    def __init__(self, runner: GitRunner, directory: Path, git_dir: Path) -> None:
        self._runner, self._directory, self._git_dir = runner, directory, git_dir
        self._contents = git_trees.Contents()
        self._commits: dict[str, str] = {}
        self._tag_messages: dict[str, str] | None = None
        self._trees = git_trees.Trees()

    @cached_property
    def _git(self) -> "git.Repo":
        """For reading objects; made when one is read, since its import takes 14 MB and 160 ms."""
        import git

        try:
            made = git.Repo(self._directory, search_parent_directories=False)
        except (git.InvalidGitRepositoryError, git.NoSuchPathError, OSError) as error:
            raise _cannot_open(self._directory, str(error)) from error
        settled = {name: value for name, value in git_environment().items() if name.startswith(("GIT_", "LC_"))}
        made.git.update_environment(**settled, GIT_DIR=str(self._git_dir), GIT_WORK_TREE=str(self._directory))
        return made

    @property
    def directory(self) -> Path:
        """Top of the work tree."""
        return self._directory

    @property
    def git_dir(self) -> Path:
        """The `.git` folder."""
        return self._git_dir

    def head(self) -> Head:
        """Where the checkout stands; of several tags at HEAD the highest release is named."""
        commit = self._runner.try_("rev-parse", "--verify", "--quiet", "HEAD^{commit}").text.strip()
        if not commit:
            raise HostError(f"{self._directory} has no commit checked out.", "Check out the release that runs now.")
        branch = self._runner.try_("symbolic-ref", "--quiet", "--short", "HEAD").text.rstrip("\n")
        tags = self.tags()
        if tag := tag_of(tags, commit):
            return Head(commit, tag, branch)
        named = {one.tag.commit for one in readable(tags)}
        base, own = git_refs.own_commits(self._runner, commit, named) if named else ("", 0)
        return Head(commit, tag_of(tags, base) if base else "", branch, base, own)

    def state(self) -> RepoState:
        """Local edits, operations in progress, shallow or not; `remote` is its address without credentials."""
        name = git_refs.remote_name(self._runner)
        address = self._runner.try_("remote", "get-url", "--", name).text.rstrip("\n") if name else ""
        return RepoState(
            shallow=self._runner("rev-parse", "--is-shallow-repository").text.strip() == "true",
            edited=git_worktree.edited(self._runner, self._base()),
            busy=next((what for mark, what in _BUSY.items() if (self._git_dir / mark).exists()), ""),
            locked=(self._git_dir / "index.lock").exists(),
            remote=redact_urls(printable(address)),
        )

    def tags(self) -> tuple[TagRef, ...]:
        """Every local tag that leads to a commit."""
        found = git_refs.local_tags(self._runner)
        self._commits.update((tag.commit, tag.commit) for tag in found)
        return found

    def tag_messages(self) -> dict[str, str]:
        """The message of each annotated tag, without its signature; read once until the next `fetch`."""
        if self._tag_messages is None:
            self._tag_messages = git_refs.tag_messages(self._runner)
        return self._tag_messages

    def messages(self, old: str, new: str) -> tuple[str, ...]:
        """The messages of the commits that `new` has and `old` has not, newest first."""
        return git_refs.messages(self._runner, old, new)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether the commit `new` has the commit `old` in its history; False where a shallow clone cannot tell."""
        return git_refs.is_ancestor(self._runner, old, new)

    def signature(self, tag: str, trusted: Sequence[Path]) -> Signature:
        """What a tag's signature is worth by the public keys in some files; by the user's own keyring for ()."""
        return git_signature.signature(self._runner, tag, trusted)

    def remote_tag(self, tag: str) -> str:
        """The commit that the remote has for the tag, "" if it has no such tag; `HostError` when unreachable."""
        return git_refs.remote_tags(self._runner, tag).get(tag, "")

    def moved_tags(self) -> tuple[str, ...]:
        """Tags that the remote has elsewhere than this checkout: `fetch` leaves them where they are here."""
        here = {tag.name: tag.commit for tag in self.tags()}
        there = git_refs.remote_tags(self._runner)
        return tuple(sorted(name for name, commit in there.items() if here.get(name, commit) != commit))

    def fetch(self) -> None:
        """Fetch branches and tags; a tag that moved on the remote stays where it is here (see `moved_tags`)."""
        self._tag_messages = None
        try:
            git_refs.fetch(self._runner)
        finally:
            give_back(self._directory, self._git_dir)

    def read(self, ref: str, path: str) -> bytes | None:
        """A file at a ref without checking it out; None when it is not there."""
        blob = self._blob(ref, path)
        return self._contents.read(self._git, blob) if blob else None

    def list(self, ref: str, folder: str) -> tuple[str, ...]:
        """Files below a folder at a ref, as paths from the top, sorted."""
        words = ("ls-tree", "-r", "-z", "--name-only", "--full-tree", git_refs.commit_of(self._runner, ref))
        prefix = folder.strip("/")
        found = self._runner.paths(
            "--literal-pathspecs", *words, *(("--", f"{prefix}/") if prefix not in {"", "."} else ())
        )
        return tuple(sorted(found))

    def changed(self, old: str, new: str) -> tuple[TreeChange, ...]:
        """Every path at which two refs differ; a file that was renamed is two of them."""
        return git_refs.changed(self._runner, old, new)

    def renamed(self, old: str, new: str) -> dict[str, str]:
        """Path at one ref -> what another ref calls that file, for files that are much alike."""
        return git_refs.renamed(self._runner, old, new)

    def files(self, ref: str, folder: str) -> tuple[TreeFile, ...]:
        """What lies below a folder at a ref, with the id of each content; links and submodules too."""
        return self._trees.files(self._git, self._commit(ref), folder)

    def content(self, blob: str) -> bytes:
        """A file's content by the id that `files` gives; `HostError` when the clone does not hold it."""
        return self._contents.read(self._git, blob)

    def merge(self, path: str, target: str, *, called: str = "") -> Merge:
        """Three-way merge of one edited file: base the current release, ours the work tree, theirs the target ref.

        Args:
            called: what the target calls that file; "" for the same.
        """
        ours = git_worktree.content(self._directory, path)
        base, theirs = self.read(self._base(), path), self.read(target, called or path)
        return merge_file(self._runner, path, base=base, ours=ours, theirs=theirs)

    def diff(self) -> bytes:
        """The operator's local edits as a patch that `git apply` takes."""
        options = ("--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")
        prefixes = ("--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=all")
        return self._runner("diff", *options, *prefixes, self._base(), "--").stdout

    def checkout(self, ref: str, *, branch: str = "", contents: Mapping[str, bytes | None]) -> None:
        """Move the work tree to `ref`, then write `contents` over it (None removes).

        Can be repeated after a crash at any point. Refuses, with nothing changed, when an untracked or ignored file
        is in the way of a different file of `ref`.
        """
        commit = git_refs.commit_of(self._runner, ref)
        if branch:
            git_refs.demand_branch(self._runner, branch, commit)
        try:
            git_worktree.move(self._runner, commit, contents=contents)
            if branch:
                git_worktree.attach(self._runner, branch)
        finally:
            give_back(self._directory, self._git_dir, git_worktree.tracked(self._runner))

    def in_the_way(self, ref: str) -> tuple[str, ...]:
        """Files that git does not track and that a checkout of `ref` would overwrite: it is refused."""
        return git_worktree.in_the_way(self._runner, git_refs.commit_of(self._runner, ref))

    def overlaid(self, ref: str, base: str) -> Mapping[str, bytes | None]:
        """Untracked files where `ref` has one and `base` has none, and that hold no more than that one."""
        commits = (git_refs.commit_of(self._runner, one) for one in (ref, base))
        return git_worktree.overlaid(self._runner, *commits)

    def matches(self, ref: str, *, contents: Mapping[str, bytes | None]) -> bool:
        """True when HEAD is at `ref` and the work tree differs from it by exactly `contents`."""
        return git_worktree.is_at(self._runner, git_refs.commit_of(self._runner, ref), contents=contents)

    def _base(self) -> str:
        """What local edits are edits of: HEAD, or the release behind the operator's own commits."""
        return self.head().base or "HEAD"

    def _commit(self, ref: str) -> str:
        """The commit of a ref; a full id is looked up once, since it cannot come to mean another one."""
        if ref not in self._commits:
            found = git_refs.commit_of(self._runner, ref)
            if found != ref:
                return found
            self._commits[ref] = found
        return self._commits[ref]

    def _blob(self, ref: str, path: str) -> str:
        """The id of a file's content; "" where the ref has no such file."""
        found = self._trees.find(self._git, self._commit(ref), path)
        if found is not None and found.is_link:
            raise HostError(f"{path} at {ref} is a symbolic link.", "avnwizard reads plain files only.")
        return found.blob if found is not None else ""

    def close(self) -> None:
        """End GitPython's helper processes."""
        if "_git" in self.__dict__:
            with contextlib.suppress(OSError):
                self._git.close()


def _cannot_open(directory: Path, complaint: str) -> HostError:
    if "dubious ownership" in complaint:
        return HostError(
            f"git refuses {directory}: it belongs to another user.",
            f"Run avnwizard as its owner, or: git config --global --add safe.directory {directory.resolve()}",
        )
    if "not a git repository" in complaint:
        hint = "avnwizard upgrades a git checkout. Run it in the stack's folder or name that with --stack."
        return HostError(f"{directory.resolve()} is not a git repository.", hint)
    return HostError(f"git cannot open {directory}: {complaint}", "`git status` in that folder shows more.")

"""Tags and the remote: reading refs with hostile names, and fetching without moving a tag.

A ref's name may hold any line separator of Unicode but LF, such as U+0085: git's lines end at LF and nowhere else.
"""

import re
from collections.abc import Collection

from avnwizard.adapters.git_runner import GitRunner
from avnwizard.adapters.process_errors import fail
from avnwizard.domain import git_commands
from avnwizard.domain.checkout import TagRef, TreeChange
from avnwizard.domain.plain import printable
from avnwizard.domain.secret import redact_urls
from avnwizard.errors import HostError

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_FAR = 2000
"""Commits on top of a release that are looked through for it."""
_SUBMODULE, _NOTHING = "160000", "000000"
"""Modes of a tree's entry."""
_FIELDS = (
    "refname:strip=2",
    "objecttype",
    "objectname",
    "*objecttype",
    "*objectname",
    "creatordate:iso8601-strict",
)
_FORMAT = "%00".join([*(f"%({field})" for field in _FIELDS), "%(if)%(contents:signature)%(then)signed%(end)"])
_UNREACHABLE = (
    "Check the network, `git remote -v` and the access of the user who runs avnwizard; git may not ask here."
)


def local_tags(runner: GitRunner) -> tuple[TagRef, ...]:
    """Every tag that leads to a commit, in git's order of names."""
    found = []
    for line in _lines(runner("for-each-ref", f"--format={_FORMAT}", "refs/tags").text):
        name, kind, own, target_kind, target, date, signed = line.split("\0")
        commit = own if kind == "commit" else target
        if kind == "tag" and target_kind == "tag":
            commit = _resolve(runner, f"refs/tags/{name}")
        elif "commit" not in {kind, target_kind}:
            continue
        if commit:
            found.append(TagRef(name, commit, date, annotated=kind == "tag", signed=bool(signed)))
    return tuple(found)


def tag_messages(runner: GitRunner) -> dict[str, str]:
    """The message of each annotated tag, without its signature."""
    words = "%(refname:strip=2)%00%(objecttype)%00%(contents:subject)%0a%0a%(contents:body)%00"
    fields = runner("for-each-ref", f"--format={words}", "refs/tags").text.split("\0")
    triples = zip(fields[0::3], fields[1::3], fields[2::3], strict=False)
    return {name.lstrip("\n"): text.strip() for name, kind, text in triples if kind == "tag"}


def messages(runner: GitRunner, old: str, new: str) -> tuple[str, ...]:
    """The messages of the commits that one ref has and the other has not, newest first."""
    span = f"{commit_of(runner, old)}..{commit_of(runner, new)}"
    found = runner("log", "--no-color", "--no-show-signature", "--format=%B%x00", span, "--").text.split("\0")
    return tuple(text for one in found if (text := one.strip()))


def is_ancestor(runner: GitRunner, old: str, new: str) -> bool:
    """Whether a commit has another one in its history; False where a shallow clone does not hold it."""
    return runner.try_("merge-base", "--is-ancestor", old, new).code == 0


def commit_of(runner: GitRunner, ref: str) -> str:
    """The commit of a tag, or else of whatever git makes of the words; `HostError` when it is none."""
    if _COMMIT.fullmatch(ref) or ref == "HEAD":
        commit = _resolve(runner, ref)
    else:
        commit = _resolve(runner, f"refs/tags/{ref}") or _resolve(runner, ref)
    if not commit:
        hint = "`avnwizard releases` lists the tags."
        raise HostError(f"There is no tag or commit {printable(ref)!r} in {runner.directory}.", hint)
    return commit


def changed(runner: GitRunner, old: str, new: str) -> tuple[TreeChange, ...]:
    """Every path at which the commits of two refs differ (git-diff(1), "Raw output format", with -z)."""
    options = ("--raw", "-z", "-r", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", "--no-abbrev")
    parts = runner.paths("diff-tree", *options, commit_of(runner, old), commit_of(runner, new), "--")
    found = []
    for facts, path in zip(parts[::2], parts[1::2], strict=True):
        was, now, *_ = facts.removeprefix(":").split(" ")
        found.append(TreeChange(path, submodule=_SUBMODULE in {was, now}, is_new=was == _NOTHING))
    return tuple(found)


def renamed(runner: GitRunner, old: str, new: str) -> dict[str, str]:
    """Path at one ref -> what another ref calls that file, by git's own comparison (half of the lines or more)."""
    options = ("--raw", "-z", "-r", "--find-renames", "--diff-filter=R", "--no-ext-diff", "--no-abbrev")
    parts = runner.paths("diff-tree", *options, commit_of(runner, old), commit_of(runner, new), "--")
    return dict(zip(parts[1::3], parts[2::3], strict=True))


def demand_branch(runner: GitRunner, branch: str, commit: str) -> None:
    """`HostError` unless the branch points at the commit."""
    if _resolve(runner, f"refs/heads/{branch}") != commit:
        raise HostError(
            f"The branch {branch!r} does not point at {commit[:12]}.",
            "Somebody moved it meanwhile; look at `git log` before going on.",
        )


def own_commits(runner: GitRunner, commit: str, tagged: Collection[str]) -> tuple[str, int]:
    """The nearest tagged commit behind `commit`, and how many commits of the operator's own lie between.

    Commits that a branch of a remote has are the vendor's; but not those of the branch that the operator's own one is
    pushed to, unless that is the remote's main branch. ("", 0) where any of the vendor's lies between.
    """
    behind = runner.try_("rev-list", "--topo-order", f"--max-count={_FAR}", commit, "--")
    base = next((one for one in _lines(behind.text) if one in tagged), "")
    if not base:
        return "", 0
    since = _lines(runner("rev-list", commit, f"^{base}", "--").text)
    pushed = _pushed_to(runner)
    excluded = (f"--exclude={pushed}",) if pushed else ()
    own = _lines(runner("rev-list", commit, f"^{base}", "--not", *excluded, "--remotes", "--").text)
    return (base, len(since)) if len(own) == len(since) else ("", 0)


def _pushed_to(runner: GitRunner) -> str:
    """The remote branch that the current branch follows ("origin/prod"); "" for none, and for the main one."""
    done = runner.try_("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}")
    upstream = done.text.strip() if done.code == 0 else ""
    if not upstream:
        return ""
    main = runner.try_("rev-parse", "--abbrev-ref", f"{upstream.partition('/')[0]}/HEAD").text.strip()
    return "" if upstream == main else upstream


def remote_name(runner: GitRunner) -> str:
    """The remote that releases come from: the branch's own, else origin, else the only one; "" when unclear."""
    branch = runner.try_("symbolic-ref", "--quiet", "--short", "HEAD").text.strip()
    upstream = runner.try_("config", "--get", f"branch.{branch}.remote").text.rstrip("\n") if branch else ""
    names = _lines(runner("remote").text)
    if upstream in names:
        return upstream
    if "origin" in names:
        return "origin"
    return names[0] if len(names) == 1 else ""


def remote_tags(runner: GitRunner, tag: str = "") -> dict[str, str]:
    """Name -> commit of the remote's tags, or of one of them; `HostError` when the remote cannot be asked."""
    remote = _demand_remote(runner)
    wanted = (f"refs/tags/{tag}", f"refs/tags/{tag}^{{}}") if tag else ()
    done = runner.try_("ls-remote", "--tags", "--", remote, *wanted, network=True)
    if done.code != 0:
        fail(done.argv, done.code, done.complaint, _UNREACHABLE)
    found: dict[str, str] = {}
    for line in _lines(done.text):
        commit, _, name = line.partition("\t")
        if name.startswith("refs/tags/"):
            found[name.removeprefix("refs/tags/")] = commit
    peeled = {name[:-3]: commit for name, commit in found.items() if name.endswith("^{}")}
    return {name: commit for name, commit in {**found, **peeled}.items() if not name.endswith("^{}")}


def fetch(runner: GitRunner) -> None:
    """Fetch branches and tags. A tag that moved on the remote is refused by git and is no failure of the rest."""
    done = runner.try_network(git_commands.git_fetch(runner.directory, _demand_remote(runner)))
    said = done.stderr.decode("utf-8", "replace").replace("\r", "\n")
    lines = [line for line in _lines(said) if line.lstrip().startswith("! ")]
    if done.code == 0 or (done.code == 1 and lines and all("would clobber existing tag" in line for line in lines)):
        return
    why = " ".join(redact_urls(done.complaint).split()) or f"git ended with code {done.code}"
    raise HostError(f"The remote was not reached: {why}", _UNREACHABLE)


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def _demand_remote(runner: GitRunner) -> str:
    if name := remote_name(runner):
        return name
    hint = "Add the one that releases come from: git remote add origin URL"
    raise HostError(f"{runner.directory} has no remote, or several and none is called origin.", hint)


def _resolve(runner: GitRunner, ref: str) -> str:
    done = runner.try_("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return done.text.strip() if done.code == 0 else ""

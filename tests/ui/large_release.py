"""A release with much to decide, made from the practice product: 64 breaking changes and 44 changed settings."""

import subprocess
from pathlib import Path

FROM, TO = "v1.5.1", "v2.2.0"
BREAKING, SETTINGS = 64, 44
_RENAMED, _ADDED, _REMOVED = 19, 14, 6
"""Beside the two, two and one, and the four breaking changes, that v2.0.0 brings by itself."""
_BREAKING = 60
_DATE = "2025-10-06T00:00:00Z"


def make_large_release(checkout: Path) -> None:
    """Tag both releases in the checkout's own repository, and put the operator on the first."""
    _release(checkout, "v1.5.0", FROM, {".env.example": _old_settings()}, before="")
    _release(checkout, "v2.1.0", TO, {".env.example": _new_settings()}, before=_notes())
    _git(checkout, "checkout", "-q", FROM)
    env = checkout / ".env.production"
    own = [f"OPTION_{n:02}=mine{n}" for n in range(_RENAMED)] + [f"DROPPED_{n}=on" for n in range(_REMOVED)]
    env.write_text(env.read_text("utf-8") + "\n".join(own) + "\n", "utf-8")


def _old_settings() -> str:
    lines = [f"OPTION_{n:02}=default{n}" for n in range(_RENAMED)] + [f"DROPPED_{n}=off" for n in range(_REMOVED)]
    return "\n".join(lines) + "\n"


def _new_settings() -> str:
    lines = [f"CHOICE_{n:02}=default{n}" for n in range(_RENAMED)] + [f"NEW_{n:02}={n}" for n in range(_ADDED)]
    return "\n".join(lines) + "\n"


def _notes() -> str:
    renames = [f"- `OPTION_{n:02}` is renamed to `CHOICE_{n:02}`." for n in range(_RENAMED)]
    others = [
        f"- Endpoint {n} of the API answers otherwise. Clients have to be changed."
        for n in range(_RENAMED, _BREAKING)
    ]
    return "\n".join(["## [2.2.0] - 2025-10-06", "", "### Breaking", "", *renames, *others, "", ""])


def _release(checkout: Path, base: str, tag: str, more: dict[str, str], *, before: str) -> None:
    """Commit over a release what is added to its files, and tag that; the checkout stays as it is."""
    tree = checkout.parent / f"tree-{tag}"
    _git(checkout, "worktree", "add", "-q", "--detach", str(tree), base)
    for name, text in more.items():
        file = tree / name
        file.write_text(file.read_text("utf-8") + text, "utf-8")
    if before:
        changelog = tree / "CHANGELOG.md"
        head, mark, rest = changelog.read_text("utf-8").partition("## [2.1.0]")
        changelog.write_text(head + before + mark + rest, "utf-8")
    _git(tree, "commit", "-qam", tag)
    _git(tree, "tag", tag)
    _git(checkout, "worktree", "remove", "--force", str(tree))


def _git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Release", "-c", "user.email=releases@example.test")
    env = {"GIT_COMMITTER_DATE": _DATE, "GIT_AUTHOR_DATE": _DATE, "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, env=env)

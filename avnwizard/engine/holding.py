"""Who holds a stack, and where another login keeps its journal, in words."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

WITHOUT_RUN = {
    "verify": "A check of a snapshot",
    "recover": "The repair of the journal",
    "forget": "The removal of an old secret",
}
"""Kinds of work that are not in the journal, as they change nothing of the stack: nothing can be asked of them."""


def login() -> str:
    """The user that this process runs as."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def folder(state_dir: Path) -> str:
    """A state folder by the one name that it has for every login."""
    return str(state_dir.resolve())


def is_ours(holder: Mapping[str, str], state_dir: Path) -> bool:
    """Whether the holder of a stack keeps its journal where this login does."""
    return holder.get("state_dir", "") == folder(state_dir)


def described(holder: Mapping[str, str]) -> str:
    """The holder of a stack: `Run 20261127-2035-03 (process 812, started by root)`."""
    what = WITHOUT_RUN.get(holder.get("kind", ""), f"Run {holder.get('run') or '?'}")
    by = f", started by {holder['user']}" if holder.get("user") else ""
    return f"{what} (process {holder.get('pid', '?')}{by})"


def way_on(holder: Mapping[str, str], state_dir: Path, verb: str = "attach") -> str:
    """What somebody who finds a stack held can do.

    Args:
        state_dir: where this login keeps its journal.
        verb: what reaches the holder where its journal is.
    """
    if not holder.get("state_dir"):
        return "Give the command again in a moment."
    if not is_ours(holder, state_dir):
        return elsewhere(holder["state_dir"], holder.get("user", ""), verb)
    if holder.get("kind") in WITHOUT_RUN:
        return "Wait until it ends, or press Ctrl+C in its terminal."
    return f"Watch it with: avnwizard {verb}"


def elsewhere(state_dir: str, user: str, verb: str) -> str:
    """The command that reaches the journal of another login."""
    as_user = f"As {user}: " if user and user != login() else ""
    return f"{as_user}AVNWIZARD_STATE_DIR={Path(state_dir).parent} avnwizard {verb}"

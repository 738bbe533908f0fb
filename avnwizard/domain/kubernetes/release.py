"""A Helm release's history: what serves, what is stuck, and to which revision one goes back by number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

PENDING = frozenset({"pending-install", "pending-upgrade", "pending-rollback"})
_MARK = "avnwizard run "
_FAILED = " failed"
"""In the description of a revision that did not come up (Helm 3 and 4: `Upgrade "NAME" failed: ...`). The status of
such a revision may later become `superseded`, when nothing else was ever deployed (helm pkg/action/upgrade.go)."""

Standing = Literal["base", "ours", "pending", "failed", "foreign", "none"]


@dataclass(frozen=True)
class Revision:
    """One line of `helm history`.

    Attributes:
        status: Helm's word, such as "deployed", "superseded", "failed" or "pending-upgrade".
        chart: name and version, such as "avnology-1.5.0".
        description: Helm's own sentence, or what `--description` gave.
    """

    number: int
    status: str
    chart: str
    app_version: str
    description: str
    updated: str = ""

    @property
    def is_pending(self) -> bool:
        """Whether Helm was at it when it was last heard of, and refuses any other operation since."""
        return self.status in PENDING

    @property
    def has_served(self) -> bool:
        """Whether this revision came up once: only such a one is gone back to."""
        return self.status in {"deployed", "superseded"} and _FAILED not in self.description


def mark_of(run: str) -> str:
    """What `--description` gives a revision, so that a later look knows whose it is."""
    return f"{_MARK}{run}"


def newest(history: Sequence[Revision]) -> Revision | None:
    """The revision that Helm speaks of by default, whatever became of it."""
    return max(history, key=lambda one: one.number, default=None)


def serving(history: Sequence[Revision]) -> Revision | None:
    """The last revision that was deployed: what runs, and where `helm rollback NAME REVISION` must lead.

    `helm rollback NAME` without a number goes to the revision before the newest, also if that one never came up.
    """
    deployed = [one for one in history if one.status == "deployed" and one.has_served]
    once = [one for one in history if one.has_served]
    return newest(deployed) or newest(once)


def base_of(one: Revision, history: Sequence[Revision]) -> int:
    """The number of the revision whose manifest a revision brings: its own, or the one that it rolled back to."""
    numbers = {each.number for each in history}
    word, _, to = one.description.rpartition(" ")
    if word == "Rollback to" and to.isdigit() and (number := int(to)) < one.number:
        older = next((each for each in history if each.number == number), None)
        return base_of(older, history) if older is not None else number
    return one.number if one.number in numbers else 0


def standing(history: Sequence[Revision], *, base: int, mark: str) -> Standing:
    """Where a release stands for a run that upgrades it.

    Args:
        base: the revision that served when the run was planned.
        mark: the run's own, as `mark_of` gives it.

    Returns:
        "base" where the old manifest serves and nothing is under way, "ours" where the run's revision serves,
        "pending" where Helm stopped in the middle, "failed" where the newest revision did not come up and nothing
        was rolled back, "foreign" where somebody else deployed meanwhile, "none" where there is no release.
    """
    head, now = newest(history), serving(history)
    if head is None:
        return "none"
    if head.is_pending:
        return "pending"
    if now is None:
        return "none"
    if now.description == mark:
        return "ours" if now.number == head.number else "failed"
    if base_of(now, history) != base:
        return "foreign"
    return "base" if now.number == head.number else "failed"


def cure_of(history: Sequence[Revision]) -> str:
    """What an operator does about a release that is stuck, as a sentence; "" where it is not."""
    head, now = newest(history), serving(history)
    if head is None or not head.is_pending:
        return ""
    what = f"Revision {head.number} is {head.status}: Helm was ended in the middle, and refuses any other operation."
    if now is None:
        return f"{what} No earlier revision was ever deployed, so there is none to go back to."
    return f"{what} Revision {now.number} ({now.chart}) was the last to be deployed."

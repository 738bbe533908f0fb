"""What an upgrade comes to, in at most ten lines: they stand right above the question whether to start it."""

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from avnwizard.domain.plain import printable
from avnwizard.domain.spans import away_told, in_all
from avnwizard.domain.words import size

if TYPE_CHECKING:
    from avnwizard.domain.plan import Plan

MOST = 10
_WARNINGS = 2
_LONGEST = 240
_EDITS = {"rename": "renamed", "add": "added", "set": "set", "comment-out": "commented out", "remove": "removed"}


def summary(plan: "Plan", *, answers: str = "") -> list[str]:
    """The lines.

    Args:
        answers: the file with the decisions, for the command that prints everything; "" for none.
    """
    lines = [
        f"{plan.product}: {plan.current.tag} to {plan.target.tag} ({plan.jump})",
        f"  {in_all(plan)}",
        f"  services   {_services(plan)}",
        f"  database   {plan.verdict}",
        f"  settings   {_settings(plan)}; {_breaking(plan)}",
        f"  snapshot   {_snapshot(plan)}",
    ]
    lines += [f"  warning    {text}" for text in plan.warnings[:_WARNINGS]]
    more = len(plan.warnings) - _WARNINGS
    words = ["avnwizard", "plan", "--to", plan.target.tag, *(["--answers", answers] if answers else [])]
    also = f"{more} more warning{'s' if more > 1 else ''} and every" if more > 0 else "every"
    lines.append(f"  {also} command: {shlex.join(words)}")
    return [printable(line, limit=_LONGEST) for line in lines]


def _services(plan: "Plan") -> str:
    count: Counter[str] = Counter(part.strategy for part in plan.services)
    told = [
        f"{count[way]} {words}"
        for way, words in (
            ("surge", "new beside old"),
            ("recreate", "stopped and started again"),
            ("job", "run once"),
            ("retire", "removed"),
            ("skip", "unchanged"),
        )
        if count[way]
    ]
    return "; ".join(filter(None, (", ".join(told) or "none", away_told(plan))))


def _settings(plan: "Plan") -> str:
    count: Counter[str] = Counter(edit.action for edit in plan.env)
    return ", ".join(f"{count[action]} {word}" for action, word in _EDITS.items() if count[action]) or "none changed"


def _breaking(plan: "Plan") -> str:
    many = len(plan.breaking)
    return f"{many} breaking change{'' if many == 1 else 's'}{', acknowledged' if many else ''}"


def _snapshot(plan: "Plan") -> str:
    found = plan.snapshot
    if not found.taken:
        return (
            f"NONE is taken: there is no way back once migrations ran{f' ({found.why_not})' if found.why_not else ''}"
        )
    return f"{len(found.databases)} databases first, at most {size(found.needed_bytes)}, in {found.folder}"

"""What a check found: ok, worth knowing, or a reason not to start."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "stop"]


@dataclass(frozen=True)
class Finding:
    """One line and one hint.

    Attributes:
        check: what was looked at, a stable word for scripts ("disk", "git", …).
    """

    check: str
    level: Level
    message: str
    hint: str = ""


def worst(findings: tuple[Finding, ...]) -> Level:
    """The gravest level among them."""
    levels = {finding.level for finding in findings}
    return "stop" if "stop" in levels else "warn" if "warn" in levels else "ok"

"""What two default values say about whether their variables are the same."""

import re
from enum import Enum

_SWITCHES = frozenset({"true", "false", "yes", "no", "on", "off", "0", "1", "enabled", "disabled"})
_PLACEHOLDER = re.compile(
    r"\W*(?:change[-_ ]?(?:me|it|this).*|xx+[x-]*|secret|password|pass|admin|root|user|example|todo"
    r"|none|null|default|localhost|\.{2,}|<[^>]*>|your[-_ ]?\w*)\W*",
    re.IGNORECASE,
)
_OFF = frozenset({"false", "no", "off", "0", "disabled"})


class Values(Enum):
    """How two defaults compare."""

    SAME = "same"
    """Equal, and telling."""
    SAME_COMMON = "same but common"
    """Equal, but a switch or a placeholder that many variables have."""
    BOTH_EMPTY = "both empty"
    ONE_EMPTY = "one empty"
    DIFFERENT = "different"
    OTHER_KIND = "of another kind"
    FLIPPED = "flipped"
    """One is on, the other off."""


def compare_defaults(old: str, new: str) -> Values:
    """Compare two defaults."""
    a, b = old.strip(), new.strip()
    if a == b:
        if not a:
            return Values.BOTH_EMPTY
        return Values.SAME_COMMON if a.lower() in _SWITCHES or _PLACEHOLDER.fullmatch(a) else Values.SAME
    if not a or not b:
        return Values.ONE_EMPTY
    if a.lower() in _SWITCHES and b.lower() in _SWITCHES:
        return Values.SAME_COMMON if (a.lower() in _OFF) == (b.lower() in _OFF) else Values.FLIPPED
    return Values.DIFFERENT if _kind(a) == _kind(b) else Values.OTHER_KIND


def _kind(value: str) -> str:
    if value.lower() in _SWITCHES - {"0", "1"}:
        return "switch"
    if re.fullmatch(r"-?\d+(?:\.\d+)?(?:[a-zA-Z]{1,2})?", value):
        return "number"
    if "://" in value:
        return "address"
    return "path" if value.startswith(("/", "./", "~/")) else "text"

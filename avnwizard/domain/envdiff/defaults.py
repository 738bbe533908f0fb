"""What two default values say about whether their variables are the same."""

import re
from enum import Enum
from functools import lru_cache

_SWITCHES = frozenset({"true", "false", "yes", "no", "on", "off", "0", "1", "enabled", "disabled"})
_PLACEHOLDER = re.compile(
    r"\W*(?:change[-_ ]?(?:me|it|this)|xx+[x-]*|secret|password|pass|admin|root|user|example|todo|none|null|default"
    r"|localhost|\.{2,}|<[^>]*>|your[-_ ]?\w*|latest|stable|main|master|info|debug|warn(?:ing)?|error|production|prod"
    r"|development|local|auto|utf-?8|utc|en|us-east-1|127\.0\.0\.1|0\.0\.0\.0|\d{1,2}|[1-9]0{2,4}|3600|/)\W*",
    re.IGNORECASE,
)
"""Defaults that strangers share: placeholders, and what everybody chooses."""
_TELLING_SHAPE = 5
"""A shorter shape is one that many values have."""
_OFF = frozenset({"false", "no", "off", "0", "disabled"})


class Values(Enum):
    """How two defaults compare."""

    SAME = "same"
    """Equal, and telling."""
    SAME_COMMON = "same but common"
    """Equal, but a switch or a placeholder that many variables have."""
    BOTH_EMPTY = "both empty"
    ONE_EMPTY = "one empty"
    ADAPTED = "adapted"
    """Equal once the words that changed in the name are changed in the value too."""
    DIFFERENT = "different"
    OTHER_KIND = "of another kind"
    FLIPPED = "flipped"
    """One is on, the other off."""


def compare_defaults(old: str, new: str, rule: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())) -> Values:
    """Compare two defaults; `rule` holds the words that changed in the name."""
    a, b = old.strip(), new.strip()
    if a == b:
        if not a:
            return Values.BOTH_EMPTY
        return Values.SAME if telling(a) else Values.SAME_COMMON
    if not a or not b:
        return Values.ONE_EMPTY
    if a.lower() in _SWITCHES and b.lower() in _SWITCHES:
        return Values.SAME_COMMON if (a.lower() in _OFF) == (b.lower() in _OFF) else Values.FLIPPED
    if _adapted(a, rule) == b.lower():
        return Values.ADAPTED
    return Values.DIFFERENT if _kind(a) == _kind(b) else Values.OTHER_KIND


def telling(value: str) -> bool:
    """Whether a value is one that strangers hardly share: no switch, no placeholder, not empty."""
    return bool(value) and value.lower() not in _SWITCHES and not _PLACEHOLDER.fullmatch(value)


def _adapted(value: str, rule: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
    value = value.lower()
    for gone, come in zip(*rule, strict=False):
        value = value.replace(gone, come)
    return value


@lru_cache(maxsize=4096)  # a value meets many others
def _kind(value: str) -> str:
    if value.lower() in _SWITCHES - {"0", "1"}:
        return "switch"
    if re.fullmatch(r"-?\d+(?:\.\d+)?(?:[a-zA-Z]{1,2})?", value):
        return "number"
    if "://" in value:
        return "address"
    return "path" if value.startswith(("/", "./", "~/")) else "text"


def same_shape(old: str, new: str) -> bool:
    """Whether two defaults that differ are of one telling make: the same signs, and as many digits (a date)."""
    shape = _shape(old)
    return shape == _shape(new) and len(shape) >= _TELLING_SHAPE and "9" in shape


@lru_cache(maxsize=4096)
def _shape(value: str) -> str:
    return re.sub(r"[A-Za-z]+", "a", re.sub(r"\d", "9", value.strip()))

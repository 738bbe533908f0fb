"""What a changelog says about renamed variables in words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_NAME = re.compile(r"(?<![\w.])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_?\*?(?![\w.]*\w)")
_FORWARD = re.compile(
    r"(?:(?:has been |have been |was |were |is |are |got )?(?:now )?(?:re)?named (?:to|as|into)"
    r"|renam\w+ (?:to|as|into)|(?:is|are|was|were|been) (?:now )?(?:replaced|superseded|succeeded) (?:by|with)"
    r"|replaced (?:by|with)|in favou?r of|->|=>|\u2192|\u279c|(?:is|are) now(?: called| named)?|becomes?|became|use)"
    r"\W*(?:the |new |a )*",
    re.IGNORECASE,
)
_LEADING = re.compile(r"\b(?:renam\w+|replac\w+|chang\w+|mov\w+|migrat\w+|convert\w+|switch\w*)\b", re.IGNORECASE)
_BETWEEN_TO = re.compile(
    r"\W*(?:(?:env(?:ironment)?|config(?:uration)?|var(?:iable)?s?|setting|option)\W+)*(?:to|by|with|into|as)\W*",
    re.IGNORECASE,
)
_BACKWARD = re.compile(
    r"(?:previously|formerly|instead of|replaces|supersedes|deprecat\w+|was(?: called| named)?|renamed from"
    r"|in place of|rather than)\W*",
    re.IGNORECASE,
)
_FARTHEST = 80


@dataclass(frozen=True)
class Announcements:
    """Renames that a text announces: name by name, or a prefix for many; and names told of in one breath."""

    pairs: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    prefixes: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    together: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def covers(self, old: str, new: str) -> str:
        """Say how the text announces this rename; empty where it does not."""
        if (old, new) in self.pairs:
            return "the changelog says so"
        for a, b in self.prefixes:
            if old.startswith(a) and new == b + old.removeprefix(a):
                return f"the changelog says that {a}… is now {b}…"
        return ""


def announcements(changelog: str, olds: Iterable[str], news: Iterable[str]) -> Announcements:
    """Find the sentences that name an old and a new variable, and what they say about the two."""
    before, after = set(olds), set(news)
    pairs: set[tuple[str, str]] = set()
    prefixes: set[tuple[str, str]] = set()
    together: set[tuple[str, str]] = set()
    for line in re.split(r"\n(?=\s*(?:[-*+]|\d+\.|#|$))", changelog):
        names = list(_NAME.finditer(line))
        for i, first in enumerate(names):
            for second in names[i + 1 : i + 6]:
                a, b, gap = first[0], second[0], line[first.end() : second.start()]
                lead = line[max(0, first.start() - _FARTHEST) : first.start()]
                forward, backward = (
                    _says_to(lead, gap),
                    bool(_BACKWARD.fullmatch(gap.strip(" `'\"*,(").lstrip())),
                )
                forward = forward and not backward
                for o, n, said in ((a, b, forward), (b, a, backward)):
                    if o in before and n in after:
                        (pairs if said else together).add((o, n))
                    elif said and _prefix(o) and _prefix(n):
                        prefixes.add((_prefix(o), _prefix(n)))
    return Announcements(frozenset(pairs), frozenset(prefixes), frozenset(together - pairs))


def _says_to(lead: str, gap: str) -> bool:
    if len(gap) > _FARTHEST or re.search(r"[.;]\s", gap):
        return False
    core = gap.strip(" `'\"*,()")
    if _LEADING.search(lead) and _BETWEEN_TO.fullmatch(gap.strip("`'\"* ")):
        return True
    found = _FORWARD.search(core)
    return bool(found) and not re.search(r"\b(?:and|or)\b", core)


def _prefix(name: str) -> str:
    return name.rstrip("*") if name.rstrip("*").endswith("_") else ""

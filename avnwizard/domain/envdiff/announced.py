"""What a changelog says in words about variables that got another name or a successor."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice

Pair = tuple[str, str]

_NAME = re.compile(r"(?<![\w.])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_?\*?(?![\w.]*\w)")
_ITEM = re.compile(r"\n(?=\s*(?:[-*+]|\d+\.|#|$))")
_FARTHEST = 80
_NAMES_IN_A_ROW = 6
_MOST_NAMES = 1000
"""No item of a changelog names more; a longer one is noise."""
_FILLER = r"\W*(?:(?:the|new|a|env(?:ironment)?|config(?:uration)?|var(?:iable)?s?|setting|option)\b\W*)*"


class Said(IntEnum):
    """How strong a sentence is."""

    TOGETHER = 1
    """Both are named, and no more."""
    SUCCEEDED = 2
    """One takes the other's place; its value may be of another kind."""
    RENAMED = 3


_FORWARD = (
    (
        Said.RENAMED,
        (
            r"(?:has been |have been |was |were |is |are |got )?(?:now )?(?:re)?named (?:to|as|into)"
            r"|renam\w+ (?:to|as|into)|->|=>|\u2192|\u279c|(?:is|are) now(?: called| named)?|becomes?|became"
        ),
    ),
    (
        Said.SUCCEEDED,
        (
            r"(?:is|are|was|were|been|be) (?:now )?(?:replaced|superseded|succeeded) (?:by|with)"
            r"|(?:replaced|superseded) (?:by|with)|in favou?r of|(?:please |now )?use"
        ),
    ),
)
_LEAD = (
    (Said.RENAMED, r"\brenam\w+\b"),
    (Said.SUCCEEDED, r"\b(?:replac\w+|chang\w+|mov\w+|migrat\w+|convert\w+|switch\w*)\b"),
)
_BACKWARD = (
    (Said.RENAMED, r"(?:previously|formerly|was(?: called| named)?|renamed from|used to be)"),
    (Said.SUCCEEDED, r"(?:instead of|replaces|supersedes|deprecat\w+|in place of|rather than)"),
)
_SEVERAL = (
    r"[`*'\"]*[A-Z][A-Z0-9_]*[`*'\"]*(?:\s*(?:,\s*(?:and\s+)?|\s+and\s+|\s*&\s*)[`*'\"]*[A-Z][A-Z0-9_]*[`*'\"]*)+"
)
_IN_ORDER = re.compile(
    rf"(?:[Rr]enam\w+\s+(?:the\s+)?(?:\w+\s+)?)?(?P<olds>{_SEVERAL})\s+"
    rf"(?:(?:have|has|were|are)\s+(?:been\s+)?(?:now\s+)?renamed\s+)?(?:to|into|as)\s+(?P<news>{_SEVERAL})"
)
_TO = re.compile(rf"{_FILLER}(?:to|by|with|into|as|for)\b{_FILLER}", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.;]\s")
_LISTING = re.compile(r"\b(?:and|or|added?|new)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Announcements:
    """What a text says of pairs of names, and of prefixes that many names have."""

    pairs: dict[Pair, Said] = field(default_factory=dict)
    prefixes: frozenset[Pair] = field(default_factory=frozenset)

    def about(self, old: str, new: str) -> tuple[Said | None, str]:
        """Say how strongly the text ties the two, and in what words to tell it."""
        if any(old.startswith(a) and new == b + old.removeprefix(a) for a, b in self.prefixes):
            return Said.RENAMED, "the changelog says so of their prefix"
        said = self.pairs.get((old, new))
        return said, _WORDS[said] if said else ""

    def covers(self, old: str, new: str) -> bool:
        """Whether the text says that one got the other's name."""
        return self.about(old, new)[0] is Said.RENAMED


_WORDS = {
    Said.TOGETHER: "the changelog names both in one breath",
    Said.SUCCEEDED: "the changelog says that it takes the old one's place",
    Said.RENAMED: "the changelog says so",
}


def announcements(changelog: str, olds: Iterable[str], news: Iterable[str]) -> Announcements:
    """Find the sentences that name an old and a new variable, and what they say about the two."""
    before, after = set(olds), set(news)
    pairs: dict[Pair, Said] = {}
    prefixes: set[Pair] = set()
    for line in _ITEM.split(changelog):
        in_order = _respectively(line)
        pairs |= {pair: Said.RENAMED for pair in in_order if pair[0] in before and pair[1] in after}
        if in_order:
            continue
        names = list(islice(_NAME.finditer(line), _MOST_NAMES))
        for i, first in enumerate(names):
            for second in names[i + 1 : i + _NAMES_IN_A_ROW]:
                gap = line[first.end() : second.start()]
                lead = line[max(0, first.start() - _FARTHEST) : first.start()]
                a, b = first[0], second[0]
                for o, n, said in ((a, b, _forward(lead, gap)), (b, a, _backward(gap))):
                    if o in before and n in after:
                        pairs[o, n] = max(said, pairs.get((o, n), said))
                    elif said is Said.RENAMED and _prefix(o) and _prefix(n):
                        prefixes.add((_prefix(o), _prefix(n)))
    return Announcements(pairs, frozenset(prefixes))


def _respectively(line: str) -> list[Pair]:
    """The pairs of `renamed A and B to C and D`: first to first; none where the two sides differ in number."""
    found = _IN_ORDER.search(line)
    if not found:
        return []
    olds, news = _NAME.findall(found["olds"]), _NAME.findall(found["news"])
    return list(zip(olds, news, strict=True)) if len(olds) == len(news) else []


def _forward(lead: str, gap: str) -> Said:
    if len(gap) > _FARTHEST or _SENTENCE_END.search(gap) or _backward(gap) > Said.TOGETHER:
        return Said.TOGETHER
    for said, words in _LEAD:
        if re.search(words, lead.rpartition(". ")[2], re.IGNORECASE) and _TO.fullmatch(gap):
            return said
    for said, words in _FORWARD:
        if re.search(rf"(?:{words}){_FILLER}$", gap, re.IGNORECASE) and not _LISTING.search(gap):
            return said
    return Said.TOGETHER


def _backward(gap: str) -> Said:
    for said, words in _BACKWARD:
        if re.fullmatch(rf"\W*(?:{words}){_FILLER}", gap, re.IGNORECASE):
            return said
    return Said.TOGETHER


def _prefix(name: str) -> str:
    return name.rstrip("*") if name.rstrip("*").endswith("_") else ""

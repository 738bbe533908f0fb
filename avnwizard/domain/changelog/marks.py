"""Decides whether a heading, a bullet or a sentence is marked as breaking, and what its own words are."""

import re
from dataclasses import dataclass
from functools import lru_cache

from avnwizard.domain.changelog.vocabulary import CATEGORIES, NEEDS_HANDS, NEGATED, NOTICES, PHRASE, compiled

_SIGN = r":\w+:|[\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?"
_DRESS = r"(?::\w+:|[\W_])*+"
"""Emphasis, brackets and signs; possessive here and below, so that no text takes more than linear time."""
_BOOM = re.compile(r"\U0001f4a5|:boom:")
_HEADING = compiled(PHRASE)
_HEADING_GROUP = compiled(
    rf"{_DRESS}(?:{PHRASE})(?:\W+(?:and|&|or|notes?|items?|deprecat\w*|removals?|upgrade\w*|api|cli|release|changes?"
    rf"|for|in|of|since|from|with|important|other|notices?)\b.*|{_DRESS})"
)
_HEADING_ITEM = compiled(
    rf"[^\w(\[]*+[(\[]\W*+(?:{PHRASE})[^\w)\]]*+[)\]]\W*+(?P<rest>\w.*)"
    rf"|{_DRESS}(?:{PHRASE})\s*(?::|\s[-\u2013\u2014]\s)\s*(?P<behind>\S.*)"
)
_MAJOR = compiled(r"\W*major changes\W*")
_CATEGORY = compiled(rf"[\W_]*(?::\w+:\W*)?(?:{CATEGORIES})[^\n]{{0,30}}")
_LEGEND = re.compile(
    rf"\bmark\w*\s+(?:\w+\s+){{0,3}}?(?P<sign>{_SIGN})"
    r"[^.\n]{0,40}?\b(?:breaking|incompatible|not (?:be )?(?:backwards?[ -])?compatible)"
    rf"|\buse\s+(?:[*_]*\w*\s*)(?P<used>{_SIGN})[*_]*\s+to mark[^.\n]{{0,40}}?\b(?:breaking|incompatible|not )",
    re.IGNORECASE,
)
"""A project's own words for its sign: `The changes marked with :warning: are not backward compatible`."""
_BEFORE = (
    rf"(?:\[[ x]\]\s*)?+(?:(?!\W*(?:{PHRASE}))(?>\[?#?[\w./-]*#?\d+\]?(?:\([^)\s]*\))?[:,]?\s+"
    r"|[\w*./+-]+(?:\([^)]*\))?:\s+|\[[^\]]*\](?:\([^)]*\))?:?\s*))*+"
)
"""What may stand before a mark: a ticket, a component, a link."""
_CAPITALS = r"BREAKING(?:[ -]CHANGES?)?"
_AT_START = (
    re.compile(rf"{_BEFORE}(?:\*\*)?[a-z]+(?:\([^)\n]*\))?!:", re.IGNORECASE),
    re.compile(rf"{_BEFORE}[^\w\U0001f4a5:]*+(?:\U0001f4a5|:boom:)"),
    compiled(
        rf"{_BEFORE}{_DRESS}(?:{PHRASE})\s*+(?:(?:{_SIGN})\s*+)*+(?:/\w+|[/&]\s[^:\n]{{1,40}}(?=:))?"
        r"(?:[*_`\])]+\s*[:.!,\u2013\u2014-]?|[:!\u2013\u2014]|-\s)"
    ),
    compiled(rf"{_BEFORE}{_DRESS}(?:{PHRASE})(?<=changes|.change)\s(?:for|in|of|to|with)\s"),
)
_ANYWHERE = (
    compiled(rf"(?<![*_\w])([*_]{{1,2}})(?:{PHRASE})[:!]?\s*+(?:(?:{_SIGN})\s*+)*+[:!]?\1(?![*_\w])"),
    compiled(
        rf"[(\[][^\w()\[\]]*+(?:{PHRASE})[^\w()\[\]]*+[)\]]\W*?"
        r"(?>[(\[][^()\[\]]*+[)\]](?:\([^)]*+\))?[^\w(\[]*+|#\d+[^\w(\[]*+|by @\S+\s*+)*+$"
    ),
    re.compile(rf"[\[(`]{_CAPITALS}[:!]?[\])`]|(?:^|\s){_CAPITALS}(?:/[A-Z]+)?:"),
)
_MARKER = re.compile(
    rf"[\W_]*+(?:{PHRASE})(?:\s*(?:&|and)\s*\w+)?"
    r"(?:\s*(?:[:!]\s*(?:\*\*|__)?|(?:\*\*|__)[:!]?)\s*(?P<rest>.*)|\s*)",
    re.IGNORECASE | re.DOTALL,
)
"""A paragraph that begins with the mark."""
_OPPOSITE = compiled(
    r"\b(?:fully|remains?|stays?|are|is|keeps?)\s+(?:backwards?|upwards?)[ -]compatible"
    r"|\b(?:no|non)[ -](?:known )?breaking\b|\bno (?:known )?(?:backwards?[ -])?incompatib"
)
_SENTENCE = compiled(
    rf"\bnot (?:be )?(?:fully )?backwards?[ -]compatible|\bbackwards?[ -]?incompatib|\bcompatibility break"
    rf"|\bin (?:an? )?(?:\w+[ -])?incompatible (?:way|manner|fashion)\b"
    rf"|\b(?:includ\w+|contain\w+|introduc\w+|has|have|brings?|mak\w+|with|following|several|some|a|an|one|two|three|\d+)"
    rf"\s+(?:\w+\s+){{0,2}}?{NEGATED}breaking changes?\b"
)
_OF_THIS = compiled(r"\W*(?:[\w ]{1,24}:\W+)?this (?:release|version|update)\b")
_LATER = compiled(r"\bbefore we\b|\b(?:next|upcoming|future|later) (?:major )?(?:release|version)|\bin the future\b")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_SPEAKS = compiled(
    rf"{NEGATED}\bbreaking[ -]changes?\b|(?<!\+)\bincompatib"
    rf"|\b(?:not|break\w*|longer|drop\w*)\b[^.\n]{{0,40}}\bcompatib"
    r"|\bcompatibility[ -]break"
)
_HINT = re.compile(r"(?i)break|compat|boom:|\U0001f4a5|!:")
"""Without one of these no pattern here can match; it spares most texts the slow ones."""


@dataclass(frozen=True)
class Habits:
    """What a whole file says of how its sections mark.

    Attributes:
        signs: what it declares to stand for breaking.
        changesets: "Major Changes" is a group of breaking changes, as the tool of that name writes them.
    """

    signs: tuple[str, ...] = ()
    changesets: bool = False


@lru_cache(maxsize=4)
def habits(text: str) -> Habits:
    """Read them off a file."""
    signs = {found["sign"] or found["used"] for found in _LEGEND.finditer(text)}
    changesets = False
    if re.search(r"(?i)\bmajor changes\b", text):
        heads = re.findall(r"(?m)^#{1,6}[ \t]+(.*)", text)
        own = any(re.fullmatch(r"(?i)\W*(?:patch|minor) changes\W*", head) for head in heads)
        changesets = own and not any(_HEADING.search(head) for head in heads)
    return Habits(tuple(sorted(signs)), changesets)


def is_legend(text: str) -> bool:
    """Whether a text declares a sign, and is no change."""
    return "mark" in text and bool(_LEGEND.search(text))


def heading_is_breaking(text: str, known: Habits) -> bool:
    """Whether what stands below a heading is marked."""
    return bool(_HINT.search(text) and (_HEADING.search(text) or _BOOM.search(text))) or (
        known.changesets and bool(_MAJOR.fullmatch(text))
    )


def heading_is_item(text: str) -> str:
    """The change that a marked heading itself names, "" where it heads a group."""
    if _HEADING_GROUP.fullmatch(text):
        return ""
    found = _HEADING_ITEM.fullmatch(text)
    return (found["rest"] or found["behind"] or "").strip() if found else ""


def heading_is_category(text: str) -> bool:
    """Whether a heading is a usual group of another kind."""
    return bool(_CATEGORY.fullmatch(text))


def bullet_is_breaking(first: str, known: Habits) -> bool:
    """Whether a bullet's first paragraph carries a mark."""
    bare = first.lstrip("*_ ")
    if any(bare.startswith(sign) for sign in known.signs):
        return True
    if not _HINT.search(first):
        return False
    line = " ".join(first.split())
    return any(one.match(line) for one in _AT_START) or any(one.search(line) for one in _ANYWHERE)


def paragraph_marker(text: str) -> str | None:
    """What stands behind the mark that a paragraph begins with; None where it begins with none."""
    found = _MARKER.fullmatch(text) if _HINT.search(text) else None
    return (found["rest"] or "").strip() if found else None


def paragraph_is_breaking(text: str) -> bool:
    """Whether a paragraph holds a dressed mark, at its start or at its end."""
    if not _HINT.search(text):
        return False
    line = " ".join(text.split())
    return any(one.search(line) for one in _ANYWHERE)


def introduces(text: str) -> bool:
    """Whether a sentence of an introduction says that something in this release is not compatible."""
    return bool(_HINT.search(text)) and any(
        _SENTENCE.search(one) and not _OPPOSITE.search(one) and not _LATER.search(one)
        for one in _SENTENCE_END.split(text)
    )


def announces(text: str) -> bool:
    """Whether a text outside of an introduction says so of this release."""
    return bool(_OF_THIS.match(text)) and introduces(text)


def speaks_of_it(text: str) -> str:
    """The first line of a text that speaks of what is not compatible, "" where none does."""
    if not _HINT.search(text) or not _SPEAKS.search(text):
        return ""
    return next((one.strip() for one in text.split("\n") if _SPEAKS.search(one) and not _OPPOSITE.search(one)), "")


def notice_heading(text: str) -> str:
    """The kind of notices below a heading, "" where it is none."""
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), "")


_KINDS = tuple((kind, compiled(pattern)) for kind, pattern in NOTICES)
_HANDS = compiled(NEEDS_HANDS)


def needs_hands(text: str) -> bool:
    """Whether a sentence says that the operator has something to do."""
    return bool(_HANDS.search(text))

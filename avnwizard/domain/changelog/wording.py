"""The words of a change: its title, what is a form or a trailer and says nothing, and whether two say the same."""

import re
from functools import lru_cache

from avnwizard.domain.changelog.vocabulary import TRAILER

_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*\)")
_NOTHING = re.compile(
    r"\W*(?:none|n/?a|nothing|no|tbd|todo|no (?:known )?breaking changes.*|there are no .*)\W*", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"\b(?:foo|bar|baz|lorem|ipsum)\b", re.IGNORECASE)
_FORM = re.compile(r"<!--|-->|\[[ x]\]\s|^\W*(?:describe|please describe|list any) ", re.IGNORECASE)
_TRAILERS = re.compile(rf"\W*+(?:(?>{TRAILER})\W*+)++", re.IGNORECASE)
_ONLY_A_LINK = re.compile(r"\W*(?:see\s+)?(?:!?\[[^\]]*\]\([^)]*\)|https?://\S+)\W*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\[])")
_PLACEHOLDERS_OF_A_FORM = 2
LONGEST_TITLE = 160


@lru_cache(maxsize=16384)
def squashed(text: str) -> str:
    """A text without its markup and spacing, to tell whether two say the same."""
    return re.sub(r"[\W_]+", " ", _LINK.sub(lambda m: m[1], text)).strip().lower()


def says_nothing(text: str) -> bool:
    """Whether a text is a placeholder, a pasted form or a trailer, and says nothing about the release."""
    words = {word.lower() for word in _PLACEHOLDER.findall(text)}
    return (
        bool(_NOTHING.fullmatch(text) or _FORM.search(text) or _TRAILERS.fullmatch(text))
        or len(words) >= _PLACEHOLDERS_OF_A_FORM
        or not squashed(text)
    )


def is_only_a_link(text: str) -> bool:
    """Whether a text points elsewhere and says no more."""
    return bool(_ONLY_A_LINK.fullmatch(text))


def without_trailers(text: str) -> str:
    """A change without the trailer lines at its end."""
    lines = text.rstrip().split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or _TRAILERS.fullmatch(lines[-1])):
        lines.pop()
    return "\n".join(lines)


def plain(text: str) -> str:
    """A text in one line, its links as their words."""
    return " ".join(_LINK.sub(lambda m: m[1], text).split())


def title_of(text: str) -> str:
    """The first sentence, in one line."""
    first = _SENTENCE_END.split(plain(re.split(r"\n\s*(?:\n|[-*+] )", text)[0]))[0]
    return first if len(first) <= LONGEST_TITLE else first[: LONGEST_TITLE - 1].rstrip() + "…"

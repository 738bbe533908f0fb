"""Stops that a release names in its own words: "upgrade to 2.20.15 before you proceed"."""

import re

_VERSION = r"(?:(?:version|release|at least|or later)\s+){0,2}v?(\d+(?:\.\d+){1,3})\b"
_MOVE = r"(?:upgrad|updat|migrat)\w*"
_SPACES = re.compile(r"\s+")
_STOPS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_MOVE} to {_VERSION}[^.!?]{{0,60}}?\b(?:first|before)\b",
        rf"\bfirst {_MOVE} to {_VERSION}",
        rf"\bmust (?:first |already )?(?:be (?:on|running|at)|{_MOVE} to) {_VERSION}",
        rf"\bonly (?:be )?(?:\w+ ){{0,3}}from {_VERSION}",
    )
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z*>`-])")
_LONGEST = 600


def named_stops(text: str) -> tuple[tuple[str, str], ...]:
    """(version, sentence) of each release that has to be gone to first, in the order of the text.

    Args:
        text: notes or a guide, as Markdown.
    """
    found: dict[str, str] = {}
    for paragraph in re.split(r"\n\s*\n", text):
        for sentence in _SENTENCE.split(_SPACES.sub(" ", paragraph[: 20 * _LONGEST]).strip()):
            for stop in _STOPS:
                for match in stop.finditer(sentence[:_LONGEST]):
                    found.setdefault(match[1], sentence[:_LONGEST])
    return tuple(found.items())

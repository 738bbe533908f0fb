"""Cuts a changelog into its releases' sections, whatever marks their headings."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from avnwizard.domain.changelog.fences import fenced
from avnwizard.domain.changelog.headings import Heading, is_unreleased, names_unreadable, read_heading
from avnwizard.domain.version import Version

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]*(.*)")
_RULER = re.compile(r" {0,3}(={3,}|-{3,}|~{3,}|\*{3,})[ \t]*")
_BOLD = re.compile(r" {0,3}(?:\*\*|__)(.+?)(?:\*\*|__):?[ \t]*(\([^)]*\))?:?[ \t]*")
_PLAIN = re.compile(r"(?:\S+ ){0,3}[vV]?\d+\.\d+\S*.*")
_SETEXT_LEVEL, _BOLD_LEVEL, _PLAIN_LEVEL = 2, 7, 8
_LONGEST_PLAIN = 90


@dataclass(frozen=True, eq=False)  # one is itself and no other, so that what is made of it is found again quickly
class RawSection:
    """A heading and the text below it, up to the next release's heading.

    Attributes:
        then: the heading that ends it, where that seems to name a release and cannot be read.
    """

    heading: Heading
    body: str
    then: str = ""

    @cached_property
    def version(self) -> Version | None:
        """The one that the heading names; None where that is none."""
        return Version.find(self.heading.version)


@dataclass(frozen=True)
class _Candidate:
    line: int
    body_line: int
    level: int
    heading: Heading | None
    ends_sections: bool = False
    unreadable: str = ""


@lru_cache(maxsize=4)  # a list of releases reads the newest one's notes for each of them
def split_sections(text: str) -> tuple[RawSection, ...]:
    """Give the releases' sections in document order."""
    lines = text.removeprefix("\ufeff").splitlines()
    candidates = list(_candidates(lines))
    chosen = _named([c for c in _chosen(candidates) if c is not None])
    sections = []
    for index, candidate in enumerate(chosen):
        end = chosen[index + 1].line if index + 1 < len(chosen) else len(lines)
        if candidate.heading is not None and candidate.heading.version:
            then = chosen[index + 1].unreadable if index + 1 < len(chosen) else ""
            body = "\n".join(lines[candidate.body_line : end]).strip("\n")
            sections.append(RawSection(candidate.heading, body, then))
    return tuple(sections)


def _candidates(lines: list[str]) -> Iterator[_Candidate]:
    fences = fenced(lines)
    index = -1
    while (index := index + 1) < len(lines):
        line = lines[index]
        if index in fences:
            index = fences[index]
            continue
        if not line or line.isspace():
            continue
        if atx := _ATX.match(line):
            yield from _candidate(index, index + 1, len(atx[1]), atx[2])
            continue
        below = lines[index + 1] if index + 1 < len(lines) else ""
        blank_above = index == 0 or not lines[index - 1].strip()
        ruler_above = index > 0 and bool(_RULER.fullmatch(lines[index - 1]))
        if below and _RULER.fullmatch(below) and (blank_above or ruler_above) and not _RULER.fullmatch(line):
            yield from _candidate(index - ruler_above, index + 2, _SETEXT_LEVEL - (below.strip()[0] == "="), line)
        elif bold := _BOLD.fullmatch(line):
            yield from _candidate(index, index + 1, _BOLD_LEVEL, f"{bold[1].rstrip(':')} {bold[2] or ''}")
        elif blank_above and len(line) < _LONGEST_PLAIN and not line[0].isspace() and _PLAIN.fullmatch(line):
            yield from _candidate(index, index + 1, _PLAIN_LEVEL, line.rstrip(": "))


def _candidate(line: int, body_line: int, level: int, text: str) -> Iterator[_Candidate]:
    heading = read_heading(text)
    if heading is not None:
        yield _Candidate(line, body_line, level, heading)
    elif level <= _SETEXT_LEVEL or is_unreleased(text):
        unreadable = text.strip() if names_unreadable(text) else ""
        yield _Candidate(line, body_line, level, None, is_unreleased(text), unreadable)
    elif level < _BOLD_LEVEL and names_unreadable(text):
        yield _Candidate(line, body_line, level, None, unreadable=text.strip())


def _chosen(candidates: list[_Candidate]) -> Iterator[_Candidate]:
    """Keep the headings that are releases': the sure ones, and the unsure where their like fill the file."""
    named = [c for c in candidates if c.heading is not None]
    marked = [c for c in named if c.level < _BOLD_LEVEL and c.heading and c.heading.sure]
    shallowest = min((c.level for c in marked), default=_BOLD_LEVEL)
    levels = {c.level for c in marked}
    likes = Counter((c.level, c.heading.lead) for c in named if c.heading and not c.heading.sure)
    usual = likes.most_common(1)[0][0] if likes else None
    current = 0
    for c in candidates:
        if c.heading is None:
            below = c.level < current or (bool(c.unreadable) and c.level == current)
            if c.ends_sections or (below and (marked or c.unreadable)):
                current = 0 if not c.unreadable else current
                yield c
            continue
        if c.level < _BOLD_LEVEL:
            alike = _alike(c, usual) and not (marked and c.level > shallowest)
            titled = c.heading.in_brackets and c.level in levels
            wanted = c.heading.sure or titled or (alike and not (c.heading.lead and c.heading.runs_on))
        elif c.level == _BOLD_LEVEL:
            wanted = c.heading.sure and (not marked or c.heading.date is not None)
        else:
            alike = (c.level, c.heading.lead) == usual and not c.heading.runs_on
            wanted = (c.heading.sure or alike) and not marked
        if wanted:
            current = c.level if c.level < _BOLD_LEVEL else current
            yield c
        elif _is_of_another(c) and c.level <= current < _BOLD_LEVEL:
            yield replace(c, heading=None)


def _alike(c: _Candidate, usual: tuple[int, str] | None) -> bool:
    """Whether a heading is as the usual ones are: of their rank, or of the same product in another rank."""
    if usual is None or c.heading is None:
        return False
    return (c.level, c.heading.lead) == usual or (bool(usual[1]) and c.heading.lead == usual[1])


def _is_of_another(c: _Candidate) -> bool:
    """Whether a heading names a release of another product: the section above ends there."""
    heading = c.heading
    return heading is not None and bool(heading.lead) and "." in heading.version and not heading.runs_on


def _named(chosen: list[_Candidate]) -> list[_Candidate]:
    """Give a heading without a version (`## [](…/compare/v1.2.0...v)`) the one the section above follows."""
    out: list[_Candidate] = []
    newer = ""
    for c in chosen:
        if c.heading is not None and not c.heading.version and newer and Version.find(newer):
            out.append(replace(c, heading=replace(c.heading, version=newer)))
        elif c.heading is not None and not c.heading.version:
            out.append(replace(c, heading=replace(c.heading, version=UNNAMED if c.heading.previous else "")))
        else:
            out.append(c)
        newer = c.heading.previous if c.heading is not None else ""
    return out


UNNAMED = "?"
"""The version of a newest section whose heading does not name it."""

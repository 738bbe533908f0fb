"""Reads one heading of a changelog: which release, of which package, when, and how surely it names one."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from avnwizard.domain.changelog.dates import date_in
from avnwizard.domain.version import Version

_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\](?:\(([^()\s]*(?:\([^()]*\)[^()\s]*)*)[^)]*\)|\[[^\]]*\])")
_MARKS = re.compile(r"<[^>]*>|\{[^}]*\}|\*\*|__|`|:[a-z_]+:")
_VERSION = (
    r"(?P<version>[vV]?(?:\d{4}-\d{2}-\d{2}(?![\d-])|\d+(?:\.\d+)+|\d+)"
    r"(?:[-+_.]?(?!released?\b)[A-Za-z][0-9A-Za-z]*(?:[-.+][0-9A-Za-z]+)*|-\d+(?:[.+-][0-9A-Za-z]+)*(?!\s*-\d))?)"
)
_HEADING = re.compile(
    r"(?P<lead>(?:[^\W\d][\w.'/&-]*[ \t]+){0,4}?(?:[A-Za-z]{3,}-(?=\d))?)\(?\[?(?P<package>@?[\w./-]+@)?"
    + _VERSION
    + r"\]?\)?(?P<rest>(?![\w]).*)"
)
_OWN_WORDS = frozenset(
    {"version", "release", "releases", "v", "ver", "ver.", "rel", "tag", "changes", "in", "for", "the", "new"}
)
_NOT_A_NAME = re.compile(
    r"\b(?:upgrad|migrat|updat|from|to|before|since|until|requir|below|above|than|notes?|how)", re.IGNORECASE
)
_WORD_AFTER = re.compile(r"\s+(?P<word>ga|final|stable|(?:alpha|beta|rc|pre|preview)[ .-]?\d*)\b", re.IGNORECASE)
_REST = re.compile(r"\s*(?:$|[-\u2013\u2014:/|,(\[~]|released\b|\d{4}-|yanked\b|unreleased\b)", re.IGNORECASE)
_COMPARE = re.compile(r"/compare/(?P<old>[^/\s]+?)(?:\.\.\.?|%2E{3})(?P<new>[^/\s)?#]*)")
_YANKED = re.compile(r"\byanked\b|\bwithdrawn\b|\bretracted\b", re.IGNORECASE)
_UNRELEASED = re.compile(
    r"\W*(?:unreleased|upcoming|next(?: release)?|work in progress|head|main|master|in development)\W*",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"(?:released\s+(?:on\s+)?)?(?:\w{3,9},?\s+)?(?:\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?|\d{1,2}\w{0,2}\s+\w{3,9},?\s+\d{4}"
    r"|\w{3,9}\.?\s+\d{1,2}\w{0,2},?\s+\d{4})",
    re.IGNORECASE,
)
_DATE_FIRST = re.compile(r"[\[(]?\d{4}-\d{2}-\d{2}[\])]?(?:\s*[-\u2013\u2014:,|/]\s*|\s+)")
_SECOND = re.compile(r"\s*/\s*" + _VERSION + r"(?!\w)")
_TITLED = re.compile(r"(?P<title>[^\d\[(].{2,}?)\s*[(\[](?P<version>[vV]?\d+(?:\.\d+)+)[)\]]")
_UNREADABLE = re.compile(
    r"\b(?:release|edition|version|milestone)\b(?!\W*(?:notes?|highlights?|process|candidates?)\b)", re.IGNORECASE
)
_LONGEST = 300


@dataclass(frozen=True)
class Heading:
    """One heading that may be a release's.

    `sure` is False where other headings of the file must confirm it: an unknown word precedes the version,
    or a title behind it without a separator (`runs_on`). `previous` is the older side of a compare link.
    `second` is the other version of a heading that names two (`v1.2.0/v0.3.0`), "" elsewhere.
    `in_brackets`: a title stands first, and the version behind it in brackets (`Spring edition (1.2.3)`).
    """

    version: str
    package: str
    lead: str
    date: str | None
    title: str
    yanked: bool
    sure: bool
    previous: str = ""
    runs_on: bool = False
    second: str = ""
    in_brackets: bool = False


@lru_cache(maxsize=16384)  # each release's changelog repeats the headings of those before it
def read_heading(raw: str) -> Heading | None:
    """Read a heading's text, its marks (`#`, rulers) taken off; None where it names no release."""
    if len(raw) > _LONGEST:
        return None
    links = [url or "" for _, url in _LINK.findall(raw)]
    text = _MARKS.sub("", _LINK.sub(lambda m: m[1], raw)).strip(" \t#*")
    compare = next((found for url in links if (found := _COMPARE.search(url))), None)
    previous = compare["old"] if compare else ""
    bare_date = re.fullmatch(r"\W*\d{4}-\d{2}-\d{2}\W*", text)
    if (not text or (bare_date and text.startswith("("))) and (compare or bare_date):
        named = compare["new"] if compare and Version.find(compare["new"]) else ""
        return Heading(named, "", "", date_in(text), "", False, True, previous)
    if (dated := _DATE_FIRST.match(text)) and (behind := _HEADING.match(text, dated.end())):
        heading = _heading(behind, previous)
        if heading is not None and "." in heading.version:
            return replace(heading, date=date_in(dated[0]), sure=not heading.runs_on)
    if titled := _TITLED.fullmatch(text):
        return replace(_plain_version(titled["version"]), title=titled["title"].strip(), previous=previous)
    match = _HEADING.match(text)
    if match is None:
        return None
    return _heading(match, previous)


def _plain_version(version: str) -> Heading:
    return Heading(version, "", "", None, "", False, False, in_brackets=True)


def _heading(match: re.Match[str], previous: str) -> Heading | None:
    version, rest, lead = match["version"], match["rest"], match["lead"].strip()
    after = _WORD_AFTER.match(rest)
    if after:
        rest = rest[after.end() :]
        word = re.sub(r"[ .-]", "", after["word"].lower())
        version += "" if word in {"ga", "final", "stable"} else f"-{word}"
    words = [w for w in lead.lower().removesuffix("-").split() if w not in _OWN_WORDS]
    when = date_in(rest) or (date_in(version) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", version) else None)
    lone_number = version.isdigit() and not (lead or when)
    if lone_number or (lead and _NOT_A_NAME.search(lead)):
        return None
    return Heading(
        version=version,
        package=(match["package"] or "").rstrip("@"),
        lead=" ".join(words),
        date=when,
        title=_title(rest),
        yanked=bool(_YANKED.search(rest)),
        sure=not words and bool(_REST.match(rest)),
        previous=previous,
        runs_on=not _REST.match(rest),
        second=second["version"] if (second := _SECOND.match(rest)) else "",
    )


def _title(rest: str) -> str:
    """What a heading says besides version and date: a code name, `Unreleased`."""
    named = _DATED.sub("", rest) if date_in(rest) else rest
    return named.strip(" \t-\u2013\u2014:/|,~").removeprefix("(").removesuffix(")").strip()


@lru_cache(maxsize=16384)
def is_unreleased(raw: str) -> bool:
    """Whether a heading stands for what is not released yet."""
    if len(raw) > _LONGEST:
        return False
    return bool(_UNRELEASED.fullmatch(_MARKS.sub("", _LINK.sub(lambda m: m[1], raw)).strip(" \t#*[]")))


@lru_cache(maxsize=16384)
def names_unreadable(raw: str) -> bool:
    """Whether a heading without a version seems to name a release all the same (`Spring edition`)."""
    few = len(raw.split()) <= _FEW_WORDS
    return few and bool(_UNREADABLE.search(raw)) and not _NOT_A_NAME.search(raw) and not is_unreleased(raw)


_FEW_WORDS = 4

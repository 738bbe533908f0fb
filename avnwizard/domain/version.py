"""Release tags of any project, read as versions that can be ordered."""

import re
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, total_ordering
from typing import Any, Literal

from avnwizard.domain.plain import printable
from avnwizard.errors import UsageError

Jump = Literal["patch", "minor", "major"]

_WEEK = r"\d{4}-?[wW]\d{1,2}(?:\.\d+)*"
_MONTH = r"(?:19|20)\d{2}-(?:0[1-9]|1[0-2])(?![\d.])"
_NUMBERS = re.compile(
    rf"(?<![A-Za-z0-9])(?<!\d\.)[vV]?({_WEEK}|\d+(?:[._]\d+)+|\d{{4}}-\d{{2}}-\d{{2}}(?:T[\d-]+Z)?|{_MONTH}|\d+)"
    r"(?![A-Za-z]*@)",
    re.ASCII,
)
_TOKEN = re.compile(r"[^-._ ]+")
_WORD = re.compile(r"[A-Za-z]+|\d+", re.ASCII)
_KNOWN = re.compile(r"([a-z]*)(\d*)", re.ASCII)
_LETTER = re.compile(r"[A-Za-z](?![A-Za-z0-9])", re.ASCII)
"""One letter right behind the numbers (`2026-07a`): a later fix in most projects, an alpha in some."""
_BEFORE_RELEASE = (
    ("dev", "snapshot", "nightly", "unstable", "edge"),
    ("alpha", "a", "ea"),
    ("beta", "b"),
    ("milestone", "m", "preview", "canary", "next", "pre", "prerelease"),
    ("rc", "c", "cr"),
)
_RANK = {word: rank for rank, words in enumerate(_BEFORE_RELEASE) for word in words}
_AFTER_RELEASE = frozenset({"post", "p", "patch", "hotfix", "sp", "ls", "r", "rev"})
_MAJOR, _MINOR = 0, 1
_LONGEST = 250
"""Git refuses longer names for tags."""
_PRERELEASE, _RELEASE, _REVISION, _OTHER = -1, 0, 1, 2
_BEFORE_ITS_RELEASE = -0.5


class VersionError(UsageError):
    """A tag that holds no number at all."""


@total_ordering
@dataclass(frozen=True, eq=False)
class Version:
    """One release tag.

    Fields:
        text: the tag as the project writes it.
        numbers: its numbers, most significant first; any count of them, so dates and four-part versions fit.
        suffix: what follows the numbers, without build metadata (`rc.1`, `1`, `alpine`).
        prefix: what precedes the numbers, without a `v` (`deploy@`, `ghcr`, `release`): tags of one product share it.
        flavour: the words of the suffix whose meaning for the order nobody knows (`alpine`, `preprod`, `security`).
        aside: a bare number or one letter follows the numbers (`1.2.3-1`, `2026-07a`). It comes after the release in
            some projects and before it in others; after it as versions compare, while
            `avnwizard.domain.release_order` looks how the project does it.
    """

    text: str
    numbers: tuple[int, ...]
    suffix: str = ""
    prefix: str = ""
    flavour: str = ""
    aside: bool = False
    _key: tuple[object, ...] = field(default=(), repr=False)

    @staticmethod
    def parse(text: str) -> "Version":
        """Read a tag: with or without `v`, a package prefix (`pkg@1.2.3`), dates, pre-releases.

        A bare number after the release (`1.2.3-1`) is a packager's revision and comes after it, as it does in
        the tags of container images; SemVer alone would call it a pre-release.

        Raises:
            VersionError: the text holds no number.
        """
        found = _read(text)
        if found is None:
            raise VersionError(
                f"{printable(text, limit=60)!r} is not a version", "Give a release tag such as v1.2.3."
            )
        return found

    @staticmethod
    def find(text: str) -> "Version | None":
        """Read a tag, or return None where the text holds none."""
        return _read(text)

    @property
    def major(self) -> int:
        """The first number."""
        return self.numbers[_MAJOR]

    @property
    def minor(self) -> int:
        """The second number, 0 where there is none."""
        return self._number(1)

    @property
    def patch(self) -> int:
        """The third number, 0 where there is none."""
        return self._number(2)

    @property
    def is_prerelease(self) -> bool:
        """Whether it comes before the release that its numbers name, or is a line of those (`nightly-2026`)."""
        return self._key[1] == _PRERELEASE or self.prefix in _RANK

    @property
    def is_final(self) -> bool:
        """Whether it is the release that its numbers name: neither before it nor a fix of it."""
        return self._key[1] in {_RELEASE, _OTHER} and not self.is_prerelease

    @property
    def significant(self) -> tuple[int, ...]:
        """Its numbers without zeros at the end: `1.2` and `1.2.0` are one release."""
        return self.numbers[: max((i + 1 for i, n in enumerate(self.numbers) if n), default=1)]

    @property
    def release(self) -> "Version":
        """The same without the words that nobody knows: what a changelog calls it."""
        numbers, kind, parts, words = self._key
        if kind != _OTHER and not words and not self.flavour:
            return self
        key = (numbers, _RELEASE if kind == _OTHER else kind, parts, "")
        return replace(self, flavour="", _key=key)

    def place(self, *, before_its_release: bool = False) -> tuple[Any, ...]:
        """What tags of one line are sorted by.

        Args:
            before_its_release: this one, which is `aside`, comes before the release that its numbers name.
        """
        numbers, kind, *rest = self._key
        return (numbers, _BEFORE_ITS_RELEASE if before_its_release else kind, *rest)

    def _number(self, index: int) -> int:
        return self.numbers[index] if len(self.numbers) > index else 0

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._key < other._key if isinstance(other, Version) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._key <= other._key if isinstance(other, Version) else NotImplemented

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self._key)

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=16384)  # the same tags and headings are read again for each release
def _read(text: str) -> Version | None:
    whole = text.strip()
    name = whole.rsplit("@", 1)[-1].rsplit("/", 1)[-1]
    matches = list(_NUMBERS.finditer(name)) if len(name) <= _LONGEST else []
    if not matches:
        return None
    match = next((m for m in matches if not m[0].isdigit()), matches[0])
    numbers = tuple(int(part) for part in re.findall(r"\d+", match[1], re.ASCII))
    behind = name[match.end() :].partition("+")[0]
    suffix = _Suffix(behind)
    prefix = _prefix(whole[: len(whole) - len(name) + match.start()])
    made = Version(text, numbers, behind.strip(" -._"), prefix, suffix.flavour, suffix.aside)
    return replace(made, _key=(made.significant, suffix.kind, suffix.parts, suffix.flavour))


class _Suffix:
    """What follows the numbers of a tag, taken apart."""

    def __init__(self, behind: str) -> None:
        letter = _LETTER.match(behind)
        tokens = [token.lower() for token in _TOKEN.findall(behind)]
        unknown = [token for at, token in enumerate(tokens) if not _is_known(token) and not (letter and at == 0)]
        self.flavour = "-".join(unknown)
        self.aside = bool(letter or (tokens and tokens[0].isdigit()))
        early = any(_word(token) in _RANK for token in tokens[bool(letter) :])
        later = self.aside or (tokens and _word(tokens[0]) in _AFTER_RELEASE)
        self.kind = _PRERELEASE if early else _REVISION if later else _OTHER if tokens else _RELEASE
        self.aside = self.aside and not early
        words = [part for token in tokens if token not in unknown for part in _WORD.findall(token)]
        self.parts = tuple((1, int(p), "") if p.isdigit() else (0, _RANK.get(p, -1), p) for p in words)


def _is_known(token: str) -> bool:
    return bool(_KNOWN.fullmatch(token)) and _word(token) in _RANK.keys() | _AFTER_RELEASE | {""}


def _word(token: str) -> str:
    found = _KNOWN.fullmatch(token)
    return found[1] if found else token


def _prefix(before: str) -> str:
    name = before.casefold().rstrip("-_./ ")
    return "" if name == "v" else name


def kind_of_jump(old: Version, new: Version) -> Jump:
    """Say how far apart two releases are, by the first number that differs; from the third on, a patch."""
    if new.major != old.major:
        return "major"
    return "minor" if new.minor != old.minor else "patch"

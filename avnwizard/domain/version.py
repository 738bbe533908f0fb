"""Release tags of any project, read as versions that can be ordered."""

import re
from dataclasses import dataclass, field
from functools import total_ordering
from typing import Literal, Self

from avnwizard.domain.plain import printable
from avnwizard.errors import UsageError

Jump = Literal["patch", "minor", "major", "downgrade", "same"]

_NUMBERS = re.compile(
    r"(?<![A-Za-z0-9])(?<!\d\.)[vV]?(\d+(?:[._]\d+)+|\d{4}-\d{2}-\d{2}(?:T[\d-]+Z)?|\d+)(?![A-Za-z]*@)"
)
_WORD = re.compile(r"[A-Za-z]+|\d+")
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
_PRERELEASE, _RELEASE, _REVISION = -1, 0, 1


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
    """

    text: str
    numbers: tuple[int, ...]
    suffix: str = ""
    _key: tuple[object, ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a tag: with or without `v`, a package prefix (`pkg@1.2.3`), dates, pre-releases.

        A bare number after the release (`1.2.3-1`) is a packager's revision and comes after it, as it does in
        the tags of container images; SemVer alone would call it a pre-release.

        Raises:
            VersionError: the text holds no number.
        """
        found = cls.find(text)
        if found is None:
            raise VersionError(
                f"{printable(text, limit=60)!r} is not a version", "Give a release tag such as v1.2.3."
            )
        return found

    @classmethod
    def find(cls, text: str) -> Self | None:
        """Read a tag, or return None where the text holds none."""
        name = text.strip().rsplit("@", 1)[-1].rsplit("/", 1)[-1]
        matches = list(_NUMBERS.finditer(name))
        if not matches:
            return None
        match = next((m for m in matches if not m[0].isdigit()), matches[0])
        numbers = tuple(int(part) for part in re.findall(r"\d+", match[1]))
        suffix = name[match.end() :].partition("+")[0].strip(" -._")
        bare = numbers[: max((i + 1 for i, n in enumerate(numbers) if n), default=1)]
        return cls(text, numbers, suffix, (bare, *_suffix_key(suffix)))

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
        """Whether it comes before the release that its numbers name."""
        return self._key[1] == _PRERELEASE

    def _number(self, index: int) -> int:
        return self.numbers[index] if len(self.numbers) > index else 0

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._key < other._key if isinstance(other, Version) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    def __str__(self) -> str:
        return self.text


def _suffix_key(suffix: str) -> tuple[int, tuple[tuple[int, int, str], ...]]:
    parts = [part.lower() for part in _WORD.findall(suffix)]
    if not parts:
        return _RELEASE, ()
    kind = _RELEASE
    if parts[0] in _RANK:
        kind = _PRERELEASE
    elif parts[0] in _AFTER_RELEASE or parts[0].isdigit():
        kind = _REVISION
    else:
        return _RELEASE, ()  # a name (`alpine`, `lts`, a code name) does not order releases
    return kind, tuple((1, int(p), "") if p.isdigit() else (0, _RANK.get(p, -1), p) for p in parts)


def kind_of_jump(old: Version, new: Version) -> Jump:
    """Say how far apart two releases are, by the first number that differs; from the third on, a patch."""
    if old == new:
        return "same"
    if new < old:
        return "downgrade"
    if new.major != old.major:
        return "major"
    return "minor" if new.minor != old.minor else "patch"

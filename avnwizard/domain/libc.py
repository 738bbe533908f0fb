"""Which C library an image brings, since each sorts text in its own way: indexes of one are wrong with the other."""

import re
from dataclasses import dataclass
from typing import Literal

Family = Literal["glibc", "musl", ""]
"""`""`: it is not known."""
_MUSL = frozenset({"alpine", "postmarketos", "chimera"})
_GLIBC_TAGS = re.compile(
    r"(?:^|[^a-z])(?:debian|ubuntu|stretch|buster|bullseye|bookworm|trixie|forky|focal|jammy|noble)(?:[^a-z]|$)"
)
_DEBIAN = ("buster", "bullseye", "bookworm", "trixie", "forky")
_OFFICIAL = frozenset({"postgres", "docker.io/postgres", "library/postgres", "docker.io/library/postgres"})


@dataclass(frozen=True)
class Base:
    """What an image is built on.

    Attributes:
        release: the distribution's release ("bookworm"), "" where it is not known or of no matter.
        certain: whether the image's own files said it, not its name.
    """

    family: Family
    release: str = ""
    certain: bool = False


def base_from_os_release(text: str) -> Base:
    """By `/etc/os-release` (freedesktop.org): every distribution that is not known to use musl uses glibc."""
    pairs = (line.partition("=") for line in text.splitlines())
    known = {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}
    names = {known.get("ID", ""), *known.get("ID_LIKE", "").split()} - {""}
    if not names:
        return Base("")
    if names & _MUSL:
        return Base("musl", "", certain=True)
    return Base("glibc", known.get("VERSION_CODENAME", ""), certain=True)


def base_from_name(reference: str) -> Base:
    """By an image's name alone: a hint. The official Postgres image is Debian's where its tag says nothing else."""
    name = reference.partition("@")[0].lower()
    head, _, last = name.rpartition("/")
    repository, _, tag = last.partition(":")
    if not tag and "@" in reference:
        return Base("")
    if "alpine" in tag:
        return Base("musl")
    if _GLIBC_TAGS.search(tag):
        return Base("glibc", next((one for one in _DEBIAN if one in tag), ""))
    official = f"{head}/{repository}" if head else repository
    return Base("glibc" if official in _OFFICIAL else "")

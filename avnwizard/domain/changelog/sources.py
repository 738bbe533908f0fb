"""Release notes that are no changelog, put together as one: files of a folder, tags' messages, marked commits."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from avnwizard.domain.version import Version

_READABLE = {".md", ".markdown", ".rst", ".txt", ""}
_HEADING = re.compile(r"^#{1,4}(?=\s)", re.MULTILINE)
_MARKED = re.compile(r"(?P<kind>[a-z]+)(?:\([^()\n]*\))?!:\s*\S", re.IGNORECASE)
_CONVENTIONAL = re.compile(r"[a-z]+(?:\([^()\n]*\))?!?:\s*\S", re.IGNORECASE)
_FOOTER = re.compile(r"^BREAKING[ -]CHANGES?:\s*(?P<text>(?:.+(?:\n(?!\n|[A-Z][\w-]*:\s).+)*))", re.MULTILINE)
_FEWEST_WORDS = 3
"""A tag's message of fewer words beyond its own name says nothing of the release."""


def from_files(files: Mapping[str, str]) -> str:
    """Put one file per release together (`releases/v1.2.0.md`); a file whose name is no version is left out."""
    return _together((PurePosixPath(path).name, path, text) for path, text in files.items() if is_notes(path))


def is_notes(path: str) -> bool:
    """Whether a file's name names a release and its ending a text."""
    return _name(PurePosixPath(path).name) != ""


def from_tags(messages: Mapping[str, str]) -> str:
    """Put the messages of annotated tags together; one that only repeats its tag's name is left out."""
    return _together((tag, tag, text) for tag, text in messages.items() if _says_something(tag, text))


def from_commits(messages: Iterable[str], target: str) -> str:
    """Give the commits that carry a conventional mark as the notes of one release: first those that break."""
    breaking, others = list[str](), list[str]()
    for message in messages:
        subject, footer = message.strip().partition("\n")[0], _FOOTER.search(message)
        if footer:
            breaking.append(f"- {subject}: {' '.join(footer['text'].split())}")
        elif _MARKED.match(subject):
            breaking.append(f"- {subject}")
        elif _CONVENTIONAL.match(subject):
            others.append(f"- {subject}")
    if not breaking and not others:
        return ""
    parts = [f"## {target}"]
    parts += ["### Breaking changes", "\n".join(breaking)] if breaking else []
    parts += ["### Commits", "\n".join(others)] if others else []
    return "\n\n".join(parts) + "\n"


def _together(found: Iterable[tuple[str, str, str]]) -> str:
    named = [(Version.parse(name), name, text) for file, _, text in found if (name := _name(file))]
    return "\n".join(_sections(sorted(named, key=lambda one: one[0], reverse=True)))


def _sections(named: Iterable[tuple[Version, str, str]]) -> Iterator[str]:
    for version, name, text in named:
        first, _, rest = text.strip().partition("\n")
        heading = Version.find(first.lstrip("#= ").strip()) if first.startswith(("#", "=")) else None
        body = rest if heading == version else text
        yield f"## {name}\n\n{_HEADING.sub(lambda mark: '##' + mark[0], body.strip())}\n"


def _name(file: str) -> str:
    """The release that a file's name names; "" where it is none, or no text."""
    pure = PurePosixPath(file)
    known = pure.suffix.lower() in _READABLE - {""}
    stem = file.removesuffix(pure.suffix) if known else file
    if not known and re.search(r"\.[A-Za-z]{2,}$", file):
        return ""
    return stem if Version.find(stem) is not None and stem[-1:].isalnum() else ""


def _says_something(tag: str, text: str) -> bool:
    return len(re.findall(r"[^\W\d_]{2,}", text.replace(tag, ""))) >= _FEWEST_WORDS

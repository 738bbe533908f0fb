"""What the words in variables' names mean to people who run servers; the words themselves are in `words.toml`."""

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_KNOWN: dict[str, Any] = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
_GROUPS_OF: dict[str, set[int]] = {}
for _index, _line in enumerate(_KNOWN["synonyms"]):
    for _word in _line.split():
        _GROUPS_OF.setdefault(_word, set()).add(_index)
_OPPOSITES = {frozenset(pair.split("/")) for pair in _KNOWN["opposites"]}
_LIMITING, _ALLOWING = (frozenset(_KNOWN["turning"][side].split()) for side in ("limiting", "allowing"))
_NEGATIONS = frozenset(_KNOWN["negations"].split())
_GENERAL = frozenset(_KNOWN["general"].split())
_UNITS = {
    word: (dimension, unit)
    for dimension, units in _KNOWN["units"].items()
    for unit, words in units.items()
    for word in words.split()
}
_KINDS = {word: kind for kind, words in enumerate(_KNOWN["kinds"]["words"]) for word in words.split()}
_GLUED = re.compile(r"(?P<thing>[a-z]{2,5})(?P<kind>user|username|password|passwd|database|host|hostname)")
"""Two words without a sign between them, as libpq writes them."""


@lru_cache(maxsize=10_000)
def tokens(name: str) -> tuple[str, ...]:
    """Cut a variable's name into lower-case words: at `_`, `.`, `-`, where the case changes, before a glued kind."""
    parts = [p for p in re.split(r"[^A-Za-z0-9]+", name) if p]
    out: list[str] = []
    for part in parts:
        out += [part.lower()] if part.isupper() or part.islower() else [w.lower() for w in _CAMEL.findall(part)]
    return tuple(piece for word in out for piece in _unglued(word))


def _unglued(word: str) -> tuple[str, ...]:
    glued = None if word in _GROUPS_OF or word in _KINDS or word in _GENERAL else _GLUED.fullmatch(word)
    return (glued["thing"], glued["kind"]) if glued else (word,)


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """Take a plural's or a participle's ending off, roughly."""
    for ending, rest in (("ies", "y"), ("sses", "ss"), ("s", ""), ("ed", "e"), ("ing", "")):
        if word.endswith(ending) and len(word) - len(ending) > 2 and not word.endswith(("ss", "us", "is")):  # noqa: PLR2004 - keeps short words whole
            return word[: -len(ending)] + rest
    return word


def synonyms(a: str, b: str) -> bool:
    """Whether two words stand for the same thing in some software."""
    return bool(_GROUPS_OF.get(a, set()) & _GROUPS_OF.get(b, set()))


def opposite(a: str, b: str) -> bool:
    """Whether two words say the contrary of each other."""
    pair = frozenset({_bare(a), _bare(b)})
    return len(pair) > 1 and pair in _OPPOSITES


def negation(word: str) -> bool:
    """Whether a word turns a switch around."""
    return _bare(word) in _NEGATIONS


def limiting(word: str) -> bool:
    """Whether a word says that something may not be, or not more than once."""
    return word in _LIMITING


def allowing(word: str) -> bool:
    """Whether a word says that something may be, or more than once."""
    return word in _ALLOWING


def typed(word: str) -> bool:
    """Whether a word says what a value is, or has words that stand for the same thing."""
    return word in _GROUPS_OF or word in _KINDS


def known(word: str) -> bool:
    """Whether a word is one that servers' settings have in general, and not the name of a thing."""
    bare = stem(word)
    general = word in _GROUPS_OF or bare in _GROUPS_OF or word in _KINDS or bare in _KINDS
    general = general or word in _GENERAL or bare in _GENERAL
    return general or word in _UNITS or word in _NEGATIONS or word in _LIMITING or word in _ALLOWING


def unit(word: str) -> tuple[str, str] | None:
    """The dimension and the unit that a word names."""
    return _UNITS.get(word)


def kind(word: str) -> int | None:
    """A number for what a value is (a host, a port, a secret…) where its name's last word says so."""
    return _KINDS.get(word)


@lru_cache(maxsize=16384)
def _bare(word: str) -> str:
    for ending in ("d", "s"):
        if word.endswith(ending) and word[:-1] in {
            "enable",
            "disable",
            "include",
            "exclude",
            "require",
            "show",
            "allow",
        }:
            return word[:-1]
    return {
        "allowed": "allow",
        "denied": "deny",
        "blocked": "block",
        "hidden": "hide",
        "skipped": "skip",
    }.get(word, word)

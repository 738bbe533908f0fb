"""Which variables other values of the same file refer to, at the same place of the same text."""

from collections.abc import Iterable, Iterator

from avnwizard.domain.envfile import Variable
from avnwizard.domain.interpolation import InterpolationError, Reference, references

Pair = tuple[str, str]


def same_templates(before: Iterable[Variable], after: Iterable[Variable], kept: frozenset[str]) -> dict[Pair, str]:
    """Give the pairs of names at the same place of a value that is the same but for the names in it, and where."""
    found: dict[Pair, str] = {}
    old, new = (_by_key(side, kept) for side in (before, after))
    for key in old.keys() & new.keys():
        (bare, uses), (new_bare, new_uses) = skeleton(old[key]), skeleton(new[key])
        if uses and bare == new_bare:
            for one, other in zip(uses, new_uses, strict=True):
                if one.name != other.name and one.name not in kept and other.name not in kept:
                    found[one.name, other.name] = f"{key} refers to it at the same place"
    return found


def skeleton(text: str) -> tuple[str, tuple[Reference, ...]]:
    """A text with its variables left out, and these in order."""
    try:
        uses = tuple(references(text, nested=False))
    except InterpolationError:
        return text, ()
    return "\0".join(_between(text, uses)), uses


def _between(text: str, uses: Iterable[Reference]) -> Iterator[str]:
    done = 0
    for use in uses:
        yield text[done : use.start]
        done = use.end
    yield text[done:]


def _by_key(variables: Iterable[Variable], kept: frozenset[str]) -> dict[str, str]:
    return {v.key: v.default for v in variables if v.key in kept and "$" in v.default}

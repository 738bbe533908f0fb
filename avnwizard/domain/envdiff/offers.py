"""Every value that an example file shows for a variable: the default, and others in comments."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from avnwizard.domain.envdiff.defaults import telling
from avnwizard.domain.envfile import Variable


def offers(variables: Iterable[Variable], keys: set[str]) -> Mapping[str, frozenset[str]]:
    """Give the telling values of these variables that no other of them shows; of a path also the file's name."""
    shown: dict[str, set[str]] = defaultdict(set)
    for one in variables:
        if one.key in keys:
            value = one.default.strip()
            shown[one.key] |= {each for each in (value, _file_name(value)) if telling(each)}
    often = Counter(value for values in shown.values() for value in values)
    return {key: frozenset(value for value in values if often[value] == 1) for key, values in shown.items()}


def _file_name(value: str) -> str:
    """The last part of a path where that is a file with a suffix; else nothing."""
    path = PurePosixPath(value)
    return path.name if "/" in value and "://" not in value and path.suffix else ""

"""What the compose files of both releases say about the variables."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from avnwizard.domain.compose import VariableUse, passed_on, passes_on_a_file, seats, variables_used
from avnwizard.domain.envdiff.places import Place, places
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.interpolation import InterpolationError, references

Pair = tuple[str, str]


def feeding(compose_old: str, compose_new: str) -> tuple[dict[Pair, str], frozenset[Pair]]:
    """Give the pairs of variables that do the same thing in the two compose files, and how; and those in one seat.

    A seat is the place of an `environment` entry that has its variable's own name, among its neighbours.
    """
    if not compose_new:
        return {}, frozenset()
    before, after = (variables_used(text) if text else {} for text in (compose_old, compose_new))
    found: dict[Pair, str] = {}
    for new, use in after.items():
        for old in _named_in(use.default or ""):
            found[old, new] = f"the new compose file falls back to {old} where {new} is not set"
    if not compose_old:
        return found, frozenset()
    owners, places_now = _owners(before) | seats(compose_old), _by_owner(_owners(after) | seats(compose_new))
    for new, held in places_now.items():
        for service, what in held:
            owner = owners.get((service, what))
            if owner and owner not in after:
                where = f"{what} of service {service}" if service else what
                found.setdefault((owner, new), f"both give {where} its value in the compose file")
    return found, frozenset(_seated(passed_on(compose_old), passed_on(compose_new)))


def _seated(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]) -> Iterator[Pair]:
    for service in before.keys() & after.keys():
        old, new = before[service], after[service]
        kept = {name: name for name in set(old) & set(new)}
        by_place: dict[Place, str] = {place: name for name, place in places(new, kept).items() if name not in kept}
        for name, place in places(old, kept).items():
            if name not in kept and place in by_place:
                yield name, by_place[place]


def _by_owner(owners: Mapping[Pair, str]) -> dict[str, list[Pair]]:
    found: dict[str, list[Pair]] = defaultdict(list)
    for place, name in owners.items():
        found[name].append(place)
    return found


def _owners(uses: Mapping[str, VariableUse]) -> dict[Pair, str]:
    return {place: name for name, use in uses.items() for place in use.feeds}


def _named_in(default: str) -> list[str]:
    try:
        return [use.name for use in references(default)]
    except InterpolationError:
        return []


def required_without(compose_new: str, new: EnvFile) -> dict[str, VariableUse]:
    """Give the variables that the new compose file demands and the new example does not set."""
    uses = variables_used(compose_new) if compose_new else {}
    return {name: use for name, use in uses.items() if use.required and name not in new}


def unread(compose_old: str, compose_new: str, after: Iterable[str]) -> tuple[str, ...]:
    """Give the variables of the new example that the old compose file used and the new one does not.

    None where a service is given a whole file by `env_file`: it may read any of them.
    """
    if not compose_old or not compose_new or passes_on_a_file(compose_new):
        return ()
    before, now = variables_used(compose_old), variables_used(compose_new)
    return tuple(key for key in after if key in before and key not in now)

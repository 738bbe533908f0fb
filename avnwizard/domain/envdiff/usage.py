"""What the compose files of both releases say about the variables."""

from collections.abc import Iterable, Mapping

from avnwizard.domain.compose import VariableUse, passes_on_a_file, variables_used
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.interpolation import InterpolationError, references


def feeding(compose_old: str, compose_new: str) -> dict[tuple[str, str], str]:
    """Give the pairs of variables that do the same thing in the two compose files, and how."""
    if not compose_new:
        return {}
    before, after = (variables_used(text) if text else {} for text in (compose_old, compose_new))
    found: dict[tuple[str, str], str] = {}
    for new, use in after.items():
        for old in _named_in(use.default or ""):
            found[old, new] = f"the new compose file falls back to {old} where {new} is not set"
    owners = _owners(before)
    for new, use in after.items():
        if new in before:
            continue
        for place in use.feeds:
            owner = owners.get(place)
            if owner and owner not in after:
                found.setdefault(
                    (owner, new), f"both give {place[1]} of service {place[0]} its value in the compose file"
                )
    return found


def _owners(uses: Mapping[str, VariableUse]) -> dict[tuple[str, str], str]:
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

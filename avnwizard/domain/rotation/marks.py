"""Which generation of secrets a snapshot's rows belong to, from the model that ran when it was taken."""

from collections.abc import Mapping, Sequence
from typing import Any

from avnwizard.domain.rotation.generation import Generation
from avnwizard.domain.rotation.lists import read_list
from avnwizard.domain.rotation.places import database_of, services_with, value_of
from avnwizard.domain.secret import Secret
from avnwizard.errors import RefusedError

_AT_REST = "SECRETS_SYSTEM"
"""Hydra's: what it keeps is under it. Kratos' cookie secrets seal nothing that is kept."""


def generations(raw: Mapping[str, Any]) -> tuple[Generation, ...]:
    """One for each database whose rows are under a list of secrets, by the database's name.

    Args:
        raw: the resolved compose model.
    """
    return tuple(Generation.of(database, secrets) for database, secrets in sorted(_lists(raw).items()))


def unreadable(kept: Sequence[Generation], databases: Sequence[str], raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Those of some databases whose rows may be under a secret that the service which reads them has no more.

    Where no service of the model reads them, or its secrets lie in a file, there is nothing to compare with.
    """
    now = _lists(raw)
    return tuple(
        one.name for one in kept if one.name in databases and one.name in now and one.missing_in(now[one.name])
    )


def _lists(raw: Mapping[str, Any]) -> dict[str, tuple[Secret, ...]]:
    found: dict[str, tuple[Secret, ...]] = {}
    for service in services_with(raw, _AT_REST):
        database = database_of(raw, service)
        try:
            secrets = read_list(value_of(raw, service, _AT_REST))
        except RefusedError:
            continue  # nobody can say what this service reads
        if database and secrets:
            found[database] = secrets
    return found

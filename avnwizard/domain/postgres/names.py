"""The names under which avnwizard keeps databases alongside the live ones."""

import hashlib
import re

_NAME_BYTES = 63
"""Postgres cuts longer identifiers (NAMEDATALEN - 1)."""
_ASIDE = re.compile(r"__(restoring|kept|proof|redone)_\d{8}-\d{6}-[0-9a-f]{2}\Z")
"""With a run's whole name, so that no database of the operator's is taken for one of ours."""


def beside(database: str, run: str) -> str:
    """The name under which a database is restored."""
    return _derived(database, f"__restoring_{run}")


def set_aside(database: str, run: str) -> str:
    """The name under which a database is kept as it was when the rollback began."""
    return _derived(database, f"__kept_{run}")


def redone(database: str, run: str) -> str:
    """The name under which a database is kept as it was when a rollback was undone."""
    return _derived(database, f"__redone_{run}")


def scratch(database: str, run: str) -> str:
    """The name under which a dump is restored only to prove it."""
    return _derived(database, f"__proof_{run}")


def purpose_of(name: str) -> str:
    """What avnwizard made a database for ("restoring", "kept", "proof", …); "" for one that is the operator's own."""
    found = _ASIDE.search(name)
    return found.group(1) if found else ""


def is_aside(name: str) -> bool:
    """Whether a database is one that avnwizard keeps alongside the live ones."""
    return bool(purpose_of(name))


def _derived(name: str, suffix: str) -> str:
    """A name too long for the suffix is cut and gets a hash: two databases must never share one alongside them."""
    room = _NAME_BYTES - len(suffix.encode())
    if len(name.encode()) <= room:
        return name + suffix
    mark = f"~{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return name.encode()[: room - len(mark)].decode("utf-8", "ignore") + mark + suffix

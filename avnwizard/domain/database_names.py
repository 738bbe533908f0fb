"""The names under which avnwizard keeps databases beside the live ones."""

import re

_NAME_BYTES = 63
"""Postgres cuts longer identifiers (NAMEDATALEN - 1)."""
_ASIDE = re.compile(r"__(?:restoring|kept|proof|redone)_[0-9A-Za-z-]+\Z")


def beside(database: str, run: str) -> str:
    """The name under which a database is restored."""
    return _derived(database, f"__restoring_{run}")


def set_aside(database: str, run: str) -> str:
    """The name under which a database is kept as it was when the rollback began."""
    return _derived(database, f"__kept_{run}")


def is_aside(name: str) -> bool:
    """Whether a database is one that avnwizard keeps beside the live ones."""
    return _ASIDE.search(name) is not None


def _derived(name: str, suffix: str) -> str:
    kept = name.encode()[: _NAME_BYTES - len(suffix.encode())].decode("utf-8", "ignore")
    return kept + suffix

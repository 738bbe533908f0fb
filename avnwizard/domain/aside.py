"""The databases that avnwizard makes beside the operator's, told by their names: what, and which run made them."""

import re
from typing import Literal

Purpose = Literal["restoring", "kept", "proof"]
_NAME_BYTES = 63
"""Postgres cuts longer identifiers (NAMEDATALEN - 1)."""
_OURS = re.compile(r"__(restoring|kept|proof)_(\d{8}-\d{6}-[0-9a-f]{2,})$")


def aside(database: str, purpose: Purpose, run: str) -> str:
    """The name of a database beside `database`: being restored, kept as it was, or restored to prove a snapshot."""
    suffix = f"__{purpose}_{run}"
    kept = database.encode()[: _NAME_BYTES - len(suffix.encode())].decode("utf-8", "ignore")
    return kept + suffix


def purpose_of(database: str) -> str:
    """What a database is there for, "" for one that is the operator's own."""
    found = _OURS.search(database)
    return found.group(1) if found else ""

"""What Compose says that `up` would do, read from its dry run's events (`--progress json`, Compose 2.30 to 2.40)."""

import json
from typing import Any

from avnwizard.errors import HostError

_CONTAINER = "Container "
_STATUS = ("status", "text")
"""The keys under which an event says what is done; which one is used depends on the version."""


def recreated(output: bytes) -> frozenset[str]:
    """The containers that would be recreated, by name.

    Raises:
        HostError: there is no event of a container, so nobody knows.
    """
    told = False
    found = set()
    for line in output.decode("utf-8", "replace").splitlines():
        event = _event(line)
        name = str(event.get("id", ""))
        if name.startswith(_CONTAINER):
            told = True
            if "Recreate" in {event.get(key) for key in _STATUS}:
                found.add(name.removeprefix(_CONTAINER))
    if not told:
        raise HostError("`docker compose up --dry-run` did not say what it would do.", "Is Compose 2.30 or newer?")
    return frozenset(found)


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}  # a warning of Compose's, in words
    return event if isinstance(event, dict) else {}

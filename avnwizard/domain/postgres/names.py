"""The names under which avnwizard keeps databases alongside the live ones."""

import hashlib
import re
from collections.abc import Collection

OUTSIDE = "outside"
"""What the server outside the project is called where a stack has several servers."""
_BETWEEN = "/"
_LABEL_BYTES = 20
_NAME_BYTES = 63
"""Postgres cuts longer identifiers (NAMEDATALEN - 1)."""
_ASIDE = re.compile(r"__(restoring|kept|proof|redone)_\d{8}-\d{6}-[0-9a-f]{2}\Z")
"""With a run's whole name, so that no database of the operator's is taken for one of ours."""


def server_label(service: str) -> str:
    """What a server is called in the names of its databases; "" is the one outside the project."""
    if not service:
        return OUTSIDE
    if len(service.encode()) <= _LABEL_BYTES and service != OUTSIDE:
        return service
    return f"{service[: _LABEL_BYTES - 9]}~{hashlib.sha256(service.encode()).hexdigest()[:8]}"


def qualified(label: str, database: str) -> str:
    """A database of one of several servers: no service's name has a slash, so the first one ends it."""
    return f"{label}{_BETWEEN}{database}"


def apart(name: str) -> tuple[str, str]:
    """(label of the server, name there) of a qualified name; ("", name) of one that is not."""
    label, between, database = name.partition(_BETWEEN)
    return (label, database) if between else ("", name)


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


def base_of(name: str, databases: Collection[str]) -> str:
    """Which of some databases one is kept alongside; "" for none of them."""
    found = _ASIDE.search(name)
    ours = (one for one in databases if found and name == _derived(one, found.group()))
    return next(ours, "")


def is_aside(name: str) -> bool:
    """Whether a database is one that avnwizard keeps alongside the live ones."""
    return bool(purpose_of(name))


def _derived(name: str, suffix: str) -> str:
    """A name too long for the suffix is cut and gets a hash: two databases must never share one.

    The label of a server stays whole, since the name is looked for there.
    """
    room = _NAME_BYTES - len(suffix.encode())
    if len(name.encode()) <= room:
        return name + suffix
    mark = f"~{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    label, own = apart(name)
    server = qualified(label, "") if label and len(label.encode()) <= _LABEL_BYTES else ""
    kept = (own if server else name).encode()[: max(0, room - len(mark) - len(server.encode()))]
    return server + kept.decode("utf-8", "ignore") + mark + suffix

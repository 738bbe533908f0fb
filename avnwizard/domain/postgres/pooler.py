"""PgBouncer in a stack: which services are its clients alone, so that its PAUSE can hold them during a switch.

SIGUSR1 and SIGUSR2 are the same as PAUSE and RESUME on its console (PgBouncer's manual, "Signals"), and need no
login. A paused pool ends its connections to the server once each transaction is done; clients wait for an answer, by
default for 120 s (`query_wait_timeout`).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

PAUSE, RESUME = "USR1", "USR2"
LONGEST_S = 60.0
"""Half of what PgBouncer lets clients wait by default; a longer interruption stops them instead."""
LONGEST_PAUSE_S = 20.0
"""For so long services are paused at most: callers and proxies wait for an answer for 30 to 60 s by default."""
STOP_GRACE_S = 2.0
"""On SIGTERM PgBouncer (1.23 and later) waits until its last client has left; one from outside the stack may stay."""
_POOLER = re.compile(r"pgbouncer", re.IGNORECASE)
_HOST = r"(?:(?:@|//){name}(?=[:/?,]|$))|(?:\A{name}(?::\d+)?\Z)|(?:\bhost={name}\b)"


@dataclass(frozen=True)
class Pooled:
    """Poolers, and the services that reach the database through them alone."""

    poolers: tuple[str, ...] = ()
    held: tuple[str, ...] = ()


def pooled(services: Mapping[str, Mapping[str, Any]], database: str, users: Collection[str]) -> Pooled:
    """What PAUSE can hold.

    Args:
        services: of the resolved compose model.
        database: the Postgres service.
        users: services that would be stopped otherwise.
    """
    poolers = tuple(name for name in users if is_pooler(str(services.get(name, {}).get("image", ""))))
    if not poolers:
        return Pooled()
    known = {name: _hosts(services, name) for name in (*poolers, database)}
    held = []
    for name in users:
        values = [str(value) for value in (services.get(name, {}).get("environment") or {}).values()]
        command = services.get(name, {}).get("command") or ()
        values += [command] if isinstance(command, str) else [str(word) for word in command]
        behind = name not in poolers and any(_names(values, known[one]) for one in poolers)
        if behind and not _names(values, known[database]):
            held.append(name)
    return Pooled(poolers, tuple(held)) if held else Pooled()


def is_pooler(image: str) -> bool:
    """Whether an image is PgBouncer's, by its name without the registry's."""
    return bool(_POOLER.search(image.rpartition("/")[2]))


def _hosts(services: Mapping[str, Mapping[str, Any]], name: str) -> set[str]:
    """What a service is reached by: its name, its container's, its aliases."""
    service = services.get(name, {})
    networks = service.get("networks") or {}
    options = networks.values() if isinstance(networks, Mapping) else ()
    aliases = [str(alias) for each in options if each for alias in each.get("aliases") or ()]
    return {name, *filter(None, [str(service.get("container_name") or "")]), *aliases}


def _names(values: Collection[str], hosts: Collection[str]) -> bool:
    pattern = re.compile("|".join(_HOST.format(name=re.escape(one)) for one in hosts))
    return any(pattern.search(value) for value in values)

"""What an operator's own command says of a balancer: a JSON list with an object for each server."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from avnwizard.domain.balancer.server import FULL, Mode, Served
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError

_HINT = "Let [fleet] status print what `avnwizard help fleet` shows, and nothing else."
_MODES: frozenset[str] = frozenset(get_args(Mode))


def served(said: str, servers: Mapping[str, str]) -> tuple[Served, ...]:
    """The stacks, from what the command printed.

    Args:
        servers: stack -> the balancer's name for it.

    Raises:
        HostError: it is no such list, or a server is not in it.
    """
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        raise HostError("[fleet] status prints no JSON.", _HINT) from None
    if not isinstance(found, Sequence) or isinstance(found, str) or not all(isinstance(one, dict) for one in found):
        raise HostError("[fleet] status prints no list of objects.", _HINT)
    rows = {str(one.get("server")): one for one in found}
    if missing := [server for server in servers.values() if server not in rows]:
        known = ", ".join(printable(one, limit=60) for one in list(rows)[:10]) or "none"
        raise HostError(
            f"[fleet] status names no server {printable(missing[0], limit=60)}; it names: {known}.",
            "Name the servers in [fleet] servers.",
        )
    return tuple(_one(stack, server, rows[server]) for stack, server in servers.items())


def _one(stack: str, server: str, row: Mapping[str, Any]) -> Served:
    mode, up, weight = row.get("mode", "ready"), row.get("up"), _number(row, "weight")
    known = isinstance(mode, str) and mode in _MODES
    if not known or not (up is None or isinstance(up, bool)) or weight is None or weight > FULL:
        raise HostError(
            f"[fleet] status says of {printable(server, limit=60)} what cannot be: mode is one of "
            f"{', '.join(sorted(_MODES))}, up is true, false or null, weight is a number from 0 to {FULL}.",
            _HINT,
        )
    return Served(stack, server, mode, up, weight, _number(row, "connections"), _number(row, "failed"))


def _number(row: Mapping[str, Any], key: str) -> int | None:
    found = row.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None

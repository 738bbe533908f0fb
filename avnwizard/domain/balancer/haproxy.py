"""HAProxy's runtime API: its commands and answers (HAProxy 2.6, management.txt, "9.3. Unix Socket commands")."""

import csv
import re
from collections.abc import Mapping
from io import StringIO

from avnwizard.domain.balancer.server import Mode, Served
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError, UsageError

_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,120}")
_HEADER = "# pxname,svname,"
_ORDERED: Mapping[str, Mode] = {"MAINT": "maint", "DRAIN": "drain", "NOLB": "ready"}
SHOW = "show stat"


def name(text: str) -> str:
    """A backend's or server's name as it may stand in a command.

    Raises:
        UsageError: it is none: a blank, `;` or a line break would begin another command.
    """
    if not _NAME.fullmatch(text):
        raise UsageError(
            f"{printable(text, limit=60)!r} is no name of a HAProxy backend or server.", "Look at [fleet]."
        )
    return text


def set_state(backend: str, server: str, mode: Mode) -> str:
    """Order a server to be ready, to drain, or out."""
    return f"set server {name(backend)}/{name(server)} state {mode}"


def set_weight(backend: str, server: str, percent: int) -> str:
    """A share of the server's configured weight; it holds until HAProxy reloads."""
    return f"set server {name(backend)}/{name(server)} weight {min(max(percent, 0), 100)}%"


def get_weight(backend: str, server: str) -> str:
    """Ask for a server's weight: HAProxy rounds a share of a small one down, to 0 if need be."""
    return f"get weight {name(backend)}/{name(server)}"


def weight_now(said: str) -> int | None:
    """The weight of "10 (initial 100)"; None where HAProxy says something else."""
    return _number((said.split() or [""])[0])


def served(said: str, backend: str, servers: Mapping[str, str]) -> tuple[Served, ...]:
    """The stacks, from `show stat`.

    Args:
        servers: stack -> server's name in HAProxy.

    Raises:
        HostError: it is no such answer, or a server is not in it.
    """
    text = said.lstrip()
    if not text.startswith(_HEADER):
        raise HostError(
            f"HAProxy does not tell its state: {printable(text.strip() or 'it said nothing', limit=200)}",
            "Does [fleet] socket name a `stats socket` of HAProxy?",
        )
    rows = {
        row["svname"]: row for row in csv.DictReader(StringIO(text.removeprefix("# "))) if row["pxname"] == backend
    }
    missing = [server for server in servers.values() if server not in rows]
    if missing:
        known = ", ".join(printable(one, limit=60) for one in rows if one not in {"FRONTEND", "BACKEND"}) or "none"
        raise HostError(
            f"HAProxy's backend {printable(backend, limit=60)} has no server {printable(missing[0], limit=60)}; "
            f"it has: {known}.",
            "Name backend and servers in [fleet].",
        )
    return tuple(_one(stack, server, rows[server], rows) for stack, server in servers.items())


def _one(stack: str, server: str, row: Mapping[str, str], rows: Mapping[str, Mapping[str, str]]) -> Served:
    status = (row.get("status") or "").upper()
    word = status.split(" ")[0]
    mode = _ORDERED.get(word, "ready")
    checked = word in {"UP", "DOWN", "NOLB"} or (word in {"DRAIN", "MAINT"} and bool(row.get("check_status")))
    up = None if not checked else word not in {"DOWN", "MAINT"}
    full = max((_number(one.get("weight")) or 0 for key, one in rows.items() if key != "BACKEND"), default=0)
    weight = _number(row.get("weight")) or 0
    return Served(
        stack,
        server,
        mode,
        up,
        round(100 * weight / full) if full else 0,
        _number(row.get("scur")),
        _number(row.get("hrsp_5xx")),
    )


def refusal(said: str) -> str:
    """Why HAProxy did not do what it was ordered; "" where it said nothing, which is its yes."""
    text = said.strip()
    return "" if not text else printable(text.splitlines()[0], limit=200)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None

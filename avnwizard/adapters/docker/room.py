"""What the engine's machine has for containers: cores, free memory, and what running containers take of it."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avnwizard.adapters.docker import engine_api
from avnwizard.domain.room import Room

_MEMINFO = Path("/proc/meminfo")
_AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.MULTILINE)
_GLANCE_S = 5.0


def room_of(engine_socket: Path | None, containers: Mapping[str, str], *, meminfo: Path = _MEMINFO) -> Room:
    """What an engine's machine has; nothing where the engine is elsewhere, or does not tell.

    Args:
        engine_socket: None where the engine is not on this machine.
        containers: id -> service, of those whose memory is asked for.
        meminfo: what Linux shows of its memory (`/proc/meminfo`).
    """
    if engine_socket is None:
        return Room()
    cpus = engine_api.info(engine_socket).get("NCPU")
    used: Counter[str] = Counter()
    for container, service in containers.items():
        used[service] += taken_bytes(_stats(engine_socket, container))
    return Room(cpus if isinstance(cpus, int) else 0, _available_bytes(meminfo), dict(used))


def taken_bytes(stats: Mapping[str, Any]) -> int:
    """What a container takes and would not give back: as `docker stats` counts, without files that are cached.

    Engine API, GET /containers/{id}/stats: `inactive_file` (cgroup v2) or `total_inactive_file` (v1) is left out.
    """
    memory = stats.get("memory_stats") or {}
    parts = memory.get("stats") or {}
    cached = int(parts.get("inactive_file") or parts.get("total_inactive_file") or 0)
    return max(int(memory.get("usage") or 0) - cached, 0)


def _stats(engine_socket: Path, container: str) -> dict[str, Any]:
    """One look (`one-shot` since 1.41: an earlier engine takes a second for a second look)."""
    return engine_api.asked(engine_socket, f"/containers/{container}/stats?stream=false&one-shot=true", _GLANCE_S)


def _available_bytes(meminfo: Path) -> int | None:
    try:
        found = _AVAILABLE.search(meminfo.read_text("ascii"))
    except (OSError, UnicodeDecodeError):
        return None
    return int(found[1]) * 1024 if found else None

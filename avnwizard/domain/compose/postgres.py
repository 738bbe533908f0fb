"""Knows a Postgres server among the services by its image."""

import re
from typing import Any

_POSTGRES_IMAGES = frozenset(
    {"postgres", "postgresql", "postgis", "pgvector", "timescaledb", "timescaledb-ha", "cloudnative-pg"}
)


def postgres_major(service: dict[str, Any]) -> int | None:
    """Give the major version of Postgres that a service's image names, or None where it is no Postgres.

    A tag without a number (`latest`) tells nothing, so it gives None too.
    """
    image = str(service.get("image") or "").partition("@")[0]
    path, _, tag = image.rpartition(":") if ":" in image.rpartition("/")[2] else (image, "", "")
    if path.rpartition("/")[2] not in _POSTGRES_IMAGES:
        return None
    found = re.search(r"pg(\d{1,2})", tag) or re.match(r"v?(\d{1,2})(?!\d)", tag)
    return int(found[1]) if found else None

"""The major version of a Postgres server among the services, by its image's tag."""

import re
from typing import Any

from avnwizard.domain.postgres.server import is_named_postgres


def postgres_major(service: dict[str, Any], *, known: bool = False) -> int | None:
    """Give the major version of Postgres that a service's image names, or None where it is no Postgres.

    A tag without a number (`latest`) says nothing, so it gives None too.

    Args:
        known: it is a server, whatever its image is called; then only "pg17" in the tag is a major: other numbers may
            be the image's own version.
    """
    image = str(service.get("image") or "").partition("@")[0]
    tag = image.rpartition(":")[2] if ":" in image.rpartition("/")[2] else ""
    named = is_named_postgres(image)
    if not named and not known:
        return None
    found = re.search(r"pg(\d{1,2})", tag) or (re.match(r"v?(\d{1,2})(?!\d)", tag) if named else None)
    return int(found[1]) if found else None

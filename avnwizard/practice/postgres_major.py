"""Which PostgreSQL plays which image: the wheel has 16 and 18, the product's compose file says 17 or 18."""

import re

from avnwizard.practice.containers import Record

_NEWEST = 18
_OLDEST = 16


def image_major(image: str) -> int:
    """17 of `…/postgres:17-alpine`; 17 where the tag does not begin with a number."""
    found = re.match(r"\d+", image.rpartition(":")[2])
    return int(found[0]) if found else _NEWEST - 1


def player(image: str) -> int:
    """The wheel's version that plays this image: 18 itself, 16 for everything before it."""
    return _NEWEST if image_major(image) >= _NEWEST else _OLDEST


def container_data_directory(major: int) -> str:
    """PGDATA of the official image (docker-library/postgres #1259: it moved with 18)."""
    return f"/var/lib/postgresql/{major}/docker" if major >= _NEWEST else "/var/lib/postgresql/data"


def incompatibility(cluster_major: int, record: Record) -> str:
    """Why a postgres container will not start on a cluster of this version; "" when it will, or is no postgres."""
    if record.service != "postgres" or player(record.image) == cluster_major:
        return ""
    return "FATAL:  database files are incompatible with server"

"""How much of the server's disk a restore takes."""

from collections.abc import Sequence

_SORTING = 0.5
"""Of the largest database, on top: its indexes are sorted on the disk."""
_ROOM_FOR_WAL_BYTES = 1 << 30
"""PostgreSQL's default `max_wal_size`; a small restore writes less."""


def restore_bytes(sizes: Sequence[int]) -> int:
    """Bytes for databases of these sizes, restored alongside what is there and kept."""
    building = sum(sizes) + int(max(sizes, default=0) * _SORTING)
    return building + min(sum(sizes), _ROOM_FOR_WAL_BYTES)

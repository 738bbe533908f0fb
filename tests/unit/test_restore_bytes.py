"""One answer to how much disk a restore takes, for the proof of a snapshot and for going back."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from avnwizard.domain.host import DatabaseFacts
from avnwizard.flows.snapshot import proving
from avnwizard.flows.steps.restore import lacking_room

if TYPE_CHECKING:
    from avnwizard.domain.snapshot import DumpedDatabase
    from avnwizard.ports import Database

_GB = 1 << 30


@pytest.mark.parametrize("size", [10_000_000, 3 * _GB])
def test_the_proof_and_the_restore_ask_for_the_same(size: int) -> None:
    """A disk on which a database can be restored has the room to prove its dump, to the byte."""
    facts = (DatabaseFacts("app", "app", size), DatabaseFacts("small", "app", size // 10))
    dumped = cast("list[DumpedDatabase]", [SimpleNamespace(size_bytes=size)])
    needed = proving.room_needed(facts)
    assert needed == int(size * 1.5) + min(size, _GB)
    for free in (needed - 1, needed):
        server: Any = SimpleNamespace(free_bytes=lambda free=free: free, proving_bytes=lambda free=free: free)
        disk = cast("Database", server)
        assert bool(lacking_room(disk, dumped)) is (proving.level(disk, facts, "restored")[0] == "read back")

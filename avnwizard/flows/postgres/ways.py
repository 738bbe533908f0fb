"""The ways to a new major, side by side: which can be gone here, and at what price."""

from collections.abc import Sequence

from avnwizard.domain.host import Image
from avnwizard.domain.postgres.major import ServerLook, Way
from avnwizard.flows.postgres.plan import WayOffer

_RESTORE_BYTES_S = 15_000_000
"""A cautious guess for pg_dump into pg_restore with all indexes and the proof, on two cores."""
_SWITCH_S = 10.0
"""To stop the services, shut the old server down, start the new one and the services."""
_UNTIL_WRITES = "until users write to the new server: nothing is lost, and the old server is back within seconds"


def offers(look: ServerLook, image: Image) -> tuple[WayOffer, ...]:
    """Every way that avnwizard knows."""
    del image
    wal = min(look.total_bytes, 1 << 30)
    return (
        WayOffer(
            "dump",
            "dump and restore, straight from the old server into the new one",
            "",
            _SWITCH_S + look.total_bytes / _RESTORE_BYTES_S,
            int(look.total_bytes * 1.2) + wal,
            _UNTIL_WRITES,
        ),
    )


def recommended(ways: Sequence[WayOffer]) -> Way:
    """The first that can be gone."""
    return next((one.way for one in ways if not one.why_not), ways[-1].way)

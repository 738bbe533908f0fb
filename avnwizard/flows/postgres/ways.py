"""The ways to a new major, side by side: which can be gone here, and at what price."""

from collections.abc import Sequence

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.major import ServerLook, Way
from avnwizard.domain.postgres.pooler import LONGEST_PAUSE_S
from avnwizard.domain.words import duration
from avnwizard.flows.postgres.plan import WayOffer
from avnwizard.flows.postgres.rates import Rates

_CATCH_UP_S = 2.0
_TOO_LONG_S = 600.0
"""So long an interruption is worth a restart, and that nobody may alter a table meanwhile."""
_WRITTEN_SHARE = 0.1
"""Of all data: so much is written to between the two copies of a cold copy, at a guess."""
_BINARIES_BYTES = 300_000_000
_UNTIL_WRITES = "until users write to the new server: nothing is lost, and the old server is back within seconds"


def offers(
    look: ServerLook,
    *,
    mount: str,
    pgdata: str,
    rates: Rates | None = None,
    keep_reverse_s: float = 0.0,
    pauses: bool = False,
) -> tuple[WayOffer, ...]:
    """Every way that avnwizard knows, the one with the shortest interruption first.

    Args:
        mount, pgdata: where the new volume is mounted, and where the new image keeps its data.
        rates: of this host; None is guesses.
        keep_reverse_s: how long the old server follows the new one afterwards.
        pauses: whether services are paused where a way is quick enough for that; else they are stopped.
    """
    total = look.total_bytes
    rates = rates or Rates()
    wal = min(total, 1 << 30)
    back = _UNTIL_WRITES
    if keep_reverse_s:
        back = f"for {duration(keep_reverse_s)} after the switch: nothing is lost, what users write is carried back"
    return (
        WayOffer(
            "copy",
            "pg_upgrade on a live copy of the old server, rehearsed on another copy first",
            _why_no_copy(look, mount, pgdata),
            _away(rates, rates.upgrade_s, pauses=pauses),
            total + wal + _BINARIES_BYTES,
            back,
            "the disk reads all data twice while the stack runs: for the rehearsal and for the copy",
        ),
        WayOffer(
            "cold",
            "pg_upgrade on a copy of the server's files, completed once it is stopped",
            _why_no_pg_upgrade(look, mount, pgdata),
            _away(rates, rates.upgrade_s + _WRITTEN_SHARE * total / rates.copy_bytes_s, pauses=pauses),
            total + wal + _BINARIES_BYTES,
            back,
            "pg_upgrade itself is not rehearsed, only the definitions are; it works on the copy alone",
        ),
        WayOffer(
            "dump",
            "dump and restore, straight from the old server into the new one",
            "",
            _away(rates, total / rates.restore_bytes_s, pauses=pauses),
            int(total * 1.2) + wal,
            back,
            "the stack is away for as long as all data is written again and indexed",
        ),
        WayOffer(
            "logical",
            "logical replication: the new server copies every row and follows, while the old one serves",
            _why_not_logical(look),
            _away(rates, _CATCH_UP_S, pauses=pauses),
            int(total * 1.2) + 2 * wal,
            back,
            _risk_of_following(look),
        ),
    )


def _away(rates: Rates, besides_s: float, *, pauses: bool) -> float:
    paused_s = rates.switch_s + besides_s
    return paused_s if pauses and paused_s <= LONGEST_PAUSE_S else rates.stop_s + besides_s


def _why_no_copy(look: ServerLook, mount: str, pgdata: str) -> str:
    unlogged = [f"{one.name}.{table}" for one in look.databases for table in one.unlogged]
    if unlogged:
        named = ", ".join(printable(one, limit=127) for one in unlogged)
        return f"a live copy has no rows of unlogged tables: {named}"
    if not look.streams:
        return "no copy can follow the server (wal_level is minimal, or max_wal_senders below 2)"
    return _why_no_pg_upgrade(look, mount, pgdata)


def _why_no_pg_upgrade(look: ServerLook, mount: str, pgdata: str) -> str:
    if look.odd_options:
        names = ", ".join(printable(one, limit=63) for one in look.odd_options)
        return f"columns have options that the new server refuses ({names}), so pg_upgrade would fail"
    if pgdata == mount:
        return "the new image keeps its data at the top of its volume, where the copy has no place alongside"
    return ""


def _risk_of_following(look: ServerLook) -> str:
    restart = "" if look.wal_level == "logical" else "the old server is started again once beforehand; "
    return f"{restart}nobody may alter a table until the switch, and the old server keeps WAL meanwhile"


def _why_not_logical(look: ServerLook) -> str:
    if firing := [f"{one.name}.{trigger}" for one in look.databases for trigger in one.firing]:
        named = ", ".join(printable(each, limit=127) for each in firing)
        return f"triggers fire for replicated changes too, and would do their work twice: {named}"
    return ""


def recommended(ways: Sequence[WayOffer]) -> Way:
    """The first that can be gone; logical replication only where every other one takes too long."""
    possible = [one for one in ways if not one.why_not] or [ways[-1]]
    quick = [one for one in possible if one.way != "logical" and one.interruption_s <= _TOO_LONG_S]
    follow = [one for one in possible if one.way == "logical"]
    return (quick or follow or possible)[0].way

"""What going back would cost now: how long, and what was written since the snapshot, in the operator's words."""

from dataclasses import dataclass

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.writes import LARGE_OBJECTS, TableWrites, Written, together
from avnwizard.domain.words import about as rounded
from avnwizard.domain.words import clock

NAMED = 3
"""So many tables are named; the rest are counted."""
BEGINS = "going back now: "
"""What `sentence` begins with; where that is clear already, it is left out."""


@dataclass(frozen=True)
class GoingBack:
    """The cost of going back, as of one moment.

    Attributes:
        restore: whether the databases go back to the snapshot; `why` says it in one sentence.
        since: when the snapshot was begun, seconds since the epoch; 0 where there is none.
        lost: database -> what its users wrote since; set aside by a restore, kept without one.
        migrated: what was written while the migrations ran: mostly theirs, users' in that time too.
        interruption_s: expected time in which some service does not answer.
        total_s: expected time until all is back.
        measured: whether both follow from what this stack needed before; else from stated defaults.
        migrating: a one-shot is at work: `lost` is as of its start.
        stays: one-shots that may have changed a database that avnwizard cannot put back.
    """

    restore: bool
    why: str
    since: float
    lost: tuple[tuple[str, Written], ...]
    migrated: Written
    interruption_s: float
    total_s: float
    measured: bool
    migrating: bool = False
    stays: tuple[str, ...] = ()

    @property
    def written(self) -> Written:
        """What was written since, all databases together."""
        return together(part for _, part in self.lost)

    @property
    def about(self) -> str:
        """How far its times can be trusted, in a word."""
        return "about" if self.measured else "perhaps"

    @property
    def beside(self) -> str:
        """How long the restore goes on alongside the live databases, while nobody is interrupted: `about 40 s`."""
        return f"{self.about} {rounded(self.total_s - self.interruption_s)}"


def sentence(cost: GoingBack, now: float) -> str:
    """The cost as one says it, the price first: "going back now: about 40 s down, 14 new sessions lost (…)"."""
    if cost.restore and not cost.since:
        return f"{BEGINS}impossible: it would need a snapshot, and there is none"
    brief = cost.interruption_s < 1
    down = "nobody is interrupted" if brief else f"{cost.about} {rounded(cost.interruption_s)} down"
    if cost.restore:
        told = f"{BEGINS}{down}, {_lost(cost.written)} (since {clock(cost.since, now)})"
        if cost.migrating:
            told += "; what users write while the migration runs would be lost too"
    else:
        told = f"{BEGINS}{down}, {'the code goes back alone' if cost.stays else 'no row lost'}"
    if cost.stays:
        jobs = ", ".join(printable(name, limit=63) for name in cost.stays)
        told += f"; what {jobs} changed in a database that avnwizard cannot put back stays"
    return told


def _lost(written: Written) -> str:
    return f"{things(written)} lost" if written.tables or written.exact else "an unknown number of rows lost"


def things(written: Written) -> str:
    """What was written: the tables with the most rows by name, the others counted."""
    if not written.tables:
        return "no row" if written.exact else "rows that nobody counted"
    ranked = sorted(written.tables, key=lambda table: (-table.total, table.name))
    told = [phrase(table) for table in ranked[:NAMED]]
    if len(ranked) > NAMED:
        more = len(ranked) - NAMED
        told.append(f"rows of {more} more {'table' if more == 1 else 'tables'}")
    listed = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
    return listed if written.exact else f"at least {listed}"


def phrase(table: TableWrites) -> str:
    """One table's part: "14 new sessions", "2 new and 1 changed identity", "3 changed rows of audit log"."""
    kinds = (("new", table.inserted), ("changed", table.updated), ("deleted", table.deleted))
    numbers = [(count, f"{count:,} {kind}") for kind, count in kinds if count]
    if not numbers:
        return f"no row of {_plain(table.name)}"
    return f"{' and '.join(text for _, text in numbers)} {_noun(table.name, numbers[-1][0])}"


def _plain(table: str) -> str:
    """A table's name without its schema, as words; names come from outside."""
    return printable(table.partition(".")[2] or table, limit=48).replace("_", " ").strip() or "?"


def _noun(table: str, count: int) -> str:
    """The rows of a table by its name where that is an English plural, else "rows of NAME"."""
    if table == LARGE_OBJECTS:
        return f"{'page' if count == 1 else 'pages'} of large objects"
    name = _plain(table)
    if not name.endswith("s") or name.endswith(("ss", "us", "is")) or len(name) < len("xxs"):
        return f"{'row' if count == 1 else 'rows'} of {name}"
    if count != 1:
        return name
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    if name.endswith(("sses", "xes", "ches", "shes", "uses")):
        return name[:-2]
    return name[:-1]

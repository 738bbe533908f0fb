"""Indexes whose order another library defined, made again by themselves: an image was changed past avnwizard."""

from collections.abc import Iterator

from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.collations import StaleDatabase
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.engine.step import Step
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.flow import Flow
from avnwizard.flows.host import Host
from avnwizard.flows.steps.collations import RenewIndexes


class RenewOrder(Flow):
    """The affected indexes are made again, and the recorded versions refreshed."""

    kind = "postgres-reindex"
    noun = "rebuild of indexes"
    doing = "making indexes again"
    finished = "The indexes are in order"
    leaves_nothing = True

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """One."""
        del journal, run
        return [RenewIndexes(host)]


def look(host: Host) -> tuple[StaleDatabase, ...]:
    """What is to be made again.

    Raises:
        RefusedError: the image came with another library altogether.
        HostError: the server does not answer.
    """
    found = host.database().stale_collations()
    for one in found:
        if one.is_another_library:
            raise RefusedError(
                f"{one.sentence}. No step leads from one library to the other. Nothing was changed.",
                "Go back to an image of the kind that made the data, then dump and restore into a new volume.",
            )
    return found


def order_findings(host: Host) -> Iterator[Finding]:
    """What `check` says of the order of text in the indexes."""
    try:
        found = host.database().stale_collations() if host.postgres_service else ()
    except HostError:
        return  # whether the server answers is said elsewhere
    for one in found:
        hint = "avnwizard postgres reindex makes them again."
        if one.is_another_library:
            hint = "Go back to an image of the kind that made the data, then dump and restore into a new volume."
        yield Finding("database", "warn", f"{printable(one.sentence, limit=400)}: indexes may miss rows.", hint)

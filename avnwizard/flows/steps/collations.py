"""After another Postgres image on the same data: indexes whose order its libraries see otherwise are made again."""

from dataclasses import replace

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.collations import StaleDatabase
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.host import Host
from avnwizard.planned import PlannedStep, StepKind

COLLATIONS = "collations"


class RenewIndexes(Step):
    """Ask the server which indexes its libraries would order otherwise, make these again, refresh the versions.

    What an image's name says of its libraries is a guess; the server knows which version put each index in order.
    """

    name = COLLATIONS
    title = "Look at the order of text in the indexes, and make again what another library ordered"
    kind = StepKind.OTHER
    undone_by = (StepKind.ROLL,)  # a rollback looks again, once the old server runs
    guess_s = 1.0

    def __init__(self, host: Host) -> None:
        self._host = host
        self.service = host.postgres_service

    def describe(self) -> PlannedStep:
        """What happens where something is found."""
        return replace(
            super().describe(),
            note="The server is asked. Where its libraries are of another version than those that made an index, "
            "REINDEX makes that index again, then ALTER DATABASE and ALTER COLLATION … REFRESH VERSION.",
            going_back="the same look, once the old server runs again",
            interrupts="a table takes no writes while one of its indexes is made again",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is harmless."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Look, and make again.

        Raises:
            StepError: the old or the new library has no versions, so PostgreSQL takes no step between them.
        """
        database = self._host.database()
        found = database.stale_collations()
        for one in found:
            if one.is_another_library:
                raise StepError(
                    f"{one.sentence}. Indexes may be wrong, and no step leads from one library to the other.",
                    "avnwizard rollback starts the old image again. Go there by dump and restore into a new volume.",
                )
        for one in found:
            ctx.say(one.sentence)
            with ctx.effect("renew"):
                count = database.renew_collations(one.name)
            ctx.say(f"{printable(one.name, limit=63)}: {count} indexes made again, versions refreshed")
            self._warn(ctx, one)
        if not found:
            ctx.say("every index is in the order of the server's libraries")

    @staticmethod
    def _warn(ctx: StepContext, one: StaleDatabase) -> None:
        for table in one.ranges:
            shown = printable(table, limit=127)
            ctx.say(f"{shown} is partitioned by ranges of text: look that each row is in its place")

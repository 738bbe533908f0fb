"""Bring the databases back to the snapshot: restored alongside, then swapped by renaming; nothing is destroyed."""

import contextlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

from avnwizard.domain.going_back import things
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.names import beside, set_aside
from avnwizard.domain.postgres.room import restore_bytes
from avnwizard.domain.postgres.writes import together
from avnwizard.domain.words import size
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.snapshot.proving import difference
from avnwizard.flows.snapshot.seal import require_own
from avnwizard.flows.snapshot.snapshots import DumpedDatabase
from avnwizard.flows.stack.baseline import baseline, written_since
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.exchange import exchange
from avnwizard.planned import StepKind
from avnwizard.ports import Database


class RestoreBeside(Step):
    """Restore every database of the snapshot under another name, and compare the rows.

    Args:
        sealed: whether this stack's key must vouch for the snapshot.
    """

    name = "restore"
    title = "Restore the snapshot alongside the databases"
    kind = StepKind.RESTORE
    undone_by: ClassVar[tuple[StepKind, ...] | None] = ()  # nothing that is live was touched

    def __init__(self, host: Host, folder: Path, databases: tuple[str, ...], *, sealed: bool) -> None:
        self._host, self._folder, self._databases, self._sealed = host, folder, databases, sealed

    def probe(self, ctx: StepContext) -> Probe:
        """The journal says which databases were restored whole; the rest is done again, and what is gone since."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Check the snapshot, then restore what is not yet restored."""
        manifest = snapshots.verify(self._host.files, self._folder)
        if self._sealed:
            require_own(self._host, self._folder)
        database = self._host.database()
        with ctx.effect("missing-roles"):
            made = database.repair_globals(self._folder / manifest.globals.file, only_missing=True)
        for line in (*made.repaired, *made.left):
            ctx.say(line)
        noted = ctx.recall()
        missing = [
            (number, one)
            for number, one in enumerate(manifest.databases)
            if one.name in self._databases
            and not (noted.get(f"restored-{number}") and database.exists(beside(one.name, ctx.run)))
        ]
        _require_room(database, [dumped for _, dumped in missing])
        for number, dumped in missing:
            ctx.checkpoint()
            name = beside(dumped.name, ctx.run)
            ctx.say(f"restoring {dumped.name} as {name}")
            with ctx.effect(f"create-{number}"):
                database.drop(name)
                live = dumped.name if database.exists(dumped.name) else ""
                database.create(name, owner=dumped.owner, like=dumped.properties or live)
            with ctx.effect(f"restore-{number}"):
                try:
                    database.restore(
                        self._folder / dumped.dump.file, name, lambda done, total: ctx.progress(done, total, "bytes")
                    )
                except HostError:
                    with contextlib.suppress(HostError):  # its disk may be full, which is the live databases' too
                        database.drop(name)
                    raise
            if wrong := difference(database, dumped, name):
                raise StepError(
                    f"{printable(name, limit=63)} was restored from the snapshot, but {wrong}.",
                    "The databases were not touched. Keep the snapshot, and resume or ask for help.",
                )
            ctx.note(**{f"restored-{number}": True})


def _require_room(database: Database, missing: Sequence[DumpedDatabase]) -> None:
    """Refuse to fill the disk on which the live databases write; a server that cannot tell is believed.

    Raises:
        HostError: with the bytes needed and free.
    """
    if lacking := lacking_room(database, missing):
        raise HostError(f"{lacking} The databases were not touched.", f"{MAKE_ROOM}, then resume.")


MAKE_ROOM = "Make room there (`avnwizard snapshot prune --databases` drops what was set aside)"


def lacking_room(database: Database, missing: Sequence[DumpedDatabase]) -> str:
    """What is lacking to restore those alongside the live ones; "" where there is room, or nobody can tell."""
    needed, free = restore_bytes([one.size_bytes for one in missing]), database.free_bytes()
    if free is None or free >= needed:
        return ""
    return f"Restoring alongside the live databases needs {size(needed)} on the server's disk; {size(free)} is free."


class PutInPlace(Step):
    """Rename: what is live is set aside under a dated name, what was restored becomes live."""

    name = "swap"
    title = "Put the restored databases in place"
    kind = StepKind.DATA
    undone_by: ClassVar[tuple[StepKind, ...] | None] = (
        StepKind.DATA,
    )  # kept under another name; `redo` renames it back

    def __init__(self, host: Host, databases: tuple[str, ...]) -> None:
        self._host, self._databases = host, databases

    def probe(self, ctx: StepContext) -> Probe:
        """Done when nothing is left under a restoring name, and each is there under its own."""
        database = self._host.database()
        left = [one for one in self._databases if database.exists(beside(one, ctx.run)) or not database.exists(one)]
        return Probe.HALF_DONE if left else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Swap each database that is not swapped yet."""
        database = self._host.database()
        for number, name in enumerate(self._databases):
            restored, kept = beside(name, ctx.run), set_aside(name, ctx.run)
            if not database.exists(restored):
                self._require_there(database, name)
                continue
            exchange(ctx, database, name, stored=restored, aside=kept, number=number)
            ctx.say(f"{name} is as in the snapshot; what it was is kept as {kept}")

    @staticmethod
    def _require_there(database: Database, name: str) -> None:
        """It was put in place before, unless both were lost since, as with a volume that was made again."""
        if not database.exists(name):
            raise HostError(
                f"The database {printable(name, limit=63)} is gone, and so is what was restored of it.",
                "Roll this run back, then restore the database: avnwizard snapshot restore --database NAME",
            )


class SwapDatabases(PutInPlace):
    """The same in a rollback."""

    def __init__(self, scene: StepInputs, databases: tuple[str, ...]) -> None:
        super().__init__(scene.host, databases)
        self._scene = scene

    def probe(self, ctx: StepContext) -> Probe:
        """Done when it is swapped, and what it cost was counted."""
        return super().probe(ctx) if "lost" in ctx.recall() else Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Swap, then count."""
        super().do(ctx)
        self._count(ctx, self._host.database())

    def _count(self, ctx: StepContext, database: Database) -> None:
        """What going back cost, exactly: the kept databases' sessions have ended, and reported all they wrote."""
        kept = {name: set_aside(name, ctx.run) for name in self._databases}
        there = {name: other for name, other in kept.items() if database.exists(other)}
        known = baseline(self._host, self._host.journal(), self._scene.plan, ctx.source)
        lost, migrated = written_since(database, known, there, live=there)
        ctx.note(
            kept=there,
            lost={name: [asdict(table) for table in found.tables] for name, found in lost},
            exact=all(found.exact for _, found in lost),
            migrated=migrated.rows,
        )
        ctx.say(f"set aside: {things(together(found for _, found in lost))}")

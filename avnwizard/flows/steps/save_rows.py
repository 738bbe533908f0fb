"""Dump the tables that users wrote to since the snapshot once more, as they were when the stack went back."""

from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.names import set_aside
from avnwizard.domain.postgres.writes import LARGE_OBJECTS
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.planned import StepKind

README = "README.txt"
_NOT_ALL = """
These may not be all: the server lost its counts meanwhile (a crash, or a reset of its statistics), so
other tables may have been written to as well. They are whole in the databases that are kept.
"""


def rows_folder(snapshot: Path, run: str) -> Path:
    """Where the rows are saved: alongside the snapshot, never in it."""
    return snapshot.with_name(f"{snapshot.name}{snapshots.ROWS}{run}")


class SaveRows(Step):
    """A data-only dump per database, of the databases that were set aside: nobody writes to those any more."""

    name = "save-rows"
    title = "Save the rows that were written since the snapshot"
    kind = StepKind.SAVE
    undone_by = ()

    def __init__(self, scene: StepInputs, snapshot: Path, databases: tuple[str, ...]) -> None:
        self._scene, self._snapshot, self._databases = scene, snapshot, databases

    def probe(self, ctx: StepContext) -> Probe:
        """Dumped again where it was cut off."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Dump what the swap found to be lost."""
        folder = rows_folder(self._snapshot, ctx.run)
        swap = ctx.recall("swap")
        lost, exact = swap.get("lost", {}), swap.get("exact", True)
        database = self._scene.host.database()
        self._scene.host.files.make(folder)
        told = []
        for number, name in enumerate(self._databases):
            written = [table["name"] for table in lost.get(name, ()) if table["inserted"] or table["updated"]]
            tables = [table for table in written if table != LARGE_OBJECTS]
            kept, file = set_aside(name, ctx.run), f"rows-{number}.dump"
            if tables != written:
                ctx.say(f"large objects of {name} were written to: they are in no dump, but whole in {kept}")
            if not tables or not database.exists(kept):
                continue
            with ctx.effect(f"save-{number}"):
                database.dump_rows(
                    kept, tables, folder / file, lambda done, total: ctx.progress(done, total, "bytes")
                )
            ctx.say(f"{len(tables)} tables of {name} are saved in {folder / file}")
            told.append((file, kept, tables))
        with ctx.effect("explain"):
            self._scene.host.files.write(folder / README, explained(told, exact=exact).encode())
        if not exact:
            ctx.say("the server lost its counts meanwhile: other tables may have been written to; they are kept")
        ctx.note(folder=str(folder), files=[file for file, _, _ in told])


def explained(told: list[tuple[str, str, list[str]]], *, exact: bool) -> str:
    """What lies in the folder: (file, kept database, tables); not `exact`: there may be others."""
    if not told:
        return "No table is known to have been written to since the snapshot.\n" + ("" if exact else _NOT_ALL)
    example = told[0][0]
    lines = [
        "Tables that were written to since the snapshot, whole, as they were when the stack went back.",
        "Each file is a plain data-only pg_dump. As SQL, to look at or to pick rows from:",
        "",
        f"    pg_restore --data-only --file=rows.sql {example}",
        "",
        "To have the rows next to the live ones, in a database with the tables of the newer release:",
        "",
        f"    pg_restore --data-only --disable-triggers --dbname=SCRATCH {example}",
        "",
    ]
    for file, kept, tables in told:
        lines += [f"{file}: of the database {printable(kept)}, which is kept until it is dropped:"]
        lines += [f"    {printable(table)}" for table in tables]
    return "\n".join(lines) + "\n" + ("" if exact else _NOT_ALL)

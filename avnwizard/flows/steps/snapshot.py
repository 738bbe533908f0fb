"""Take the snapshot: everything that going back might need, read back whole before anything is changed."""

import time
from pathlib import Path

from avnwizard.domain.host import DatabaseFacts
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError
from avnwizard.flows import snapshots
from avnwizard.flows.run_folder import ENV_BEFORE
from avnwizard.flows.snapshots import DumpedDatabase, Manifest, Part
from avnwizard.flows.steps.scene import Scene
from avnwizard.ports import Database


class TakeSnapshot(Step):
    """Globals and every database into one folder; nothing to undo: a snapshot stays."""

    name = "snapshot"
    title = "Take a snapshot of every database"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._final = scene.plan.snapshot.folder

    def probe(self, ctx: StepContext) -> Probe:
        """Whole under its final name, or not at all."""
        try:
            snapshots.verify(self._final)
        except HostError:
            return Probe.NOT_DONE
        return Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Dump, read back, checksum, write the manifest, rename."""
        database = self._scene.host.database()
        facts = database.databases()
        partial = self._final.with_name(self._final.name + ".partial")
        snapshots.discard(partial)
        self._require_space(facts)
        partial.mkdir(parents=True, mode=0o700)
        ctx.note(folder=str(self._final))
        try:
            manifest = self._fill(ctx, database, facts, partial)
        except HostError as error:
            snapshots.discard(partial)
            raise HostError(
                f"The snapshot could not be taken: {error.message} Nothing was changed.", error.hint
            ) from error
        self._scene.host.files.write(partial / snapshots.MANIFEST, snapshots.dump(manifest))
        with ctx.effect("publish"):
            snapshots.discard(self._final)
            snapshots.publish(partial, self._final)
        ctx.say(f"snapshot of {len(facts)} databases in {self._final}")

    def _require_space(self, facts: tuple[DatabaseFacts, ...]) -> None:
        needed = sum(database.size_bytes for database in facts)
        free = self._scene.host.files.free_bytes(self._final.parent)
        if free < needed:
            raise HostError(
                f"The snapshot may need {needed:,} bytes in {self._final.parent}, {free:,} are free. "
                "Nothing was changed.",
                "Make room, or set AVNWIZARD_STATE_DIR to a folder on a larger disk.",
            )

    def _fill(self, ctx: StepContext, database: Database, facts: tuple[DatabaseFacts, ...], folder: Path) -> Manifest:
        taken_at = time.time()
        with ctx.effect("dump-globals"):
            database.dump_globals(folder / snapshots.GLOBALS)
        dumped = []
        for number, one in enumerate(facts):
            ctx.checkpoint()
            file = f"database-{number}.dump"
            ctx.say(f"dumping {one.name} ({one.size_bytes:,} bytes on disk)")
            counters = database.write_counters(one.name)  # before the dump: what it misses is counted as lost
            with ctx.effect(f"dump-{number}"):
                database.dump(one.name, folder / file, lambda done, total: ctx.progress(done, total, "bytes"))
            with ctx.effect(f"read-back-{number}"):
                database.read_back(folder / file)
            part = snapshots.measure(folder / file, file)
            fingerprint, rows = database.fingerprint(one.name), database.row_counts(one.name)
            dumped.append(DumpedDatabase(one.name, one.owner, one.size_bytes, fingerprint, rows, part, counters))
        return Manifest(
            taken_at=taken_at,
            tag=self._scene.plan.current.tag,
            commit=self._scene.plan.current.commit,
            server_version=database.server().version,
            globals=snapshots.measure(folder / snapshots.GLOBALS, snapshots.GLOBALS),
            env=self._env(folder),
            databases=tuple(dumped),
        )

    def _env(self, folder: Path) -> Part:
        self._scene.host.files.write(folder / "env", self._scene.folder.env(ENV_BEFORE))
        return snapshots.measure(folder / "env", "env")

"""How a snapshot is taken and proven: dumps of one moment, each restored and compared where there is room."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from avnwizard import __version__
from avnwizard.domain.host import ComposeModel, DatabaseFacts
from avnwizard.domain.pace import Pace
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.domain.postgres.names import is_aside, scratch
from avnwizard.domain.rotation.marks import generations
from avnwizard.domain.snapshot import FORMAT, ArchivedVolume, DumpedDatabase, Manifest, Part
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.domain.volumes import durable_volumes
from avnwizard.domain.words import size
from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import proving, snapshots
from avnwizard.flows.snapshot.context import SnapshotContext
from avnwizard.flows.snapshot.dumping import dump_all
from avnwizard.flows.snapshot.seal import put_seal
from avnwizard.flows.snapshot.volume_places import require_there
from avnwizard.ports import Database, Progress

_DUMP, _PROVE, _ARCHIVE = "dump", "prove", "archive"
_PROVING_COST = 3.0
"""How much longer a restore takes than its dump, believed until it was measured."""


def worth_keeping(database: Database) -> tuple[DatabaseFacts, ...]:
    """The databases that a snapshot holds: all but those that avnwizard itself keeps alongside."""
    return tuple(one for one in database.databases() if not is_aside(one.name))


class SnapshotWriter:
    """One snapshot being taken into a folder.

    Args:
        folder: where the files go; the caller gives it its final name when it is whole.
        model: gives the resolved compose model, in a thread.
    """

    def __init__(
        self, host: Host, plan: SnapshotPlan, folder: Path, ctx: StepContext, model: Callable[[], ComposeModel]
    ) -> None:
        self._host, self._plan, self._folder, self._ctx = host, plan, folder, ctx
        self._model = model
        self._database = host.database()
        self._facts = worth_keeping(self._database)
        self._bytes = {one.name: one.size_bytes for one in self._facts}
        self._proof, self._note = proving.level(self._database, self._facts, plan.proof)
        self._volume_bytes = dict(plan.volume_sizes)
        total = sum(self._bytes.values())
        work = {_DUMP: total, **({_PROVE: total} if self._proof == "restored" else {})}
        work |= {_ARCHIVE: sum(self._volume_bytes.values())} if self._volume_bytes else {}
        self._pace = Pace(work, {_DUMP: 1.0, _PROVE: _PROVING_COST, _ARCHIVE: 1.0})
        self._done: dict[tuple[str, int], int] = {}
        self._telling_now = threading.Lock()

    def require_space(self) -> None:
        """Refuse where the folder's disk may not hold the dumps and the volumes' archives.

        Raises:
            HostError: with the bytes needed and free.
        """
        databases, volumes = sum(self._bytes.values()), sum(self._volume_bytes.values())
        needed, free = databases + volumes, self._host.files.free_bytes(self._folder.parent)
        if free < needed:
            parts = f" ({size(databases)} for databases, {size(volumes)} for volumes)" if volumes else ""
            raise HostError(
                f"it may need {size(needed)}{parts} in {self._folder.parent}, and {size(free)} is free.",
                "Make room, or set AVNWIZARD_STATE_DIR to a folder on a larger disk.",
            )

    def fill(self, env: bytes) -> Manifest:
        """Write every part and the manifest; nothing of the stack is changed but for scratch databases.

        Raises:
            HostError: something could not be dumped, read back or restored.
        """
        proving.drop_scratch(self._database)
        look = partial(SnapshotContext.look, self._host, self._database, self._folder, self._ctx, self._model)
        with self._database.moments([one.name for one in self._facts]) as moments:
            taken_at, server = time.time(), self._database.server()
            telling = partial(self._telling, _DUMP)
            every = (self._ctx, self._database, self._facts, moments, self._folder, telling)
            dumped, around = dump_all(*every, beside=look)
        dumped = [self._proven(number, one) for number, one in enumerate(dumped)]
        head, model = around.head, around.model
        manifest = Manifest(
            taken_at=taken_at,
            tag=head.tag,
            commit=head.commit,
            server_version=server.version,
            globals=_part(snapshots.GLOBALS, around.roles),
            env=self._file(snapshots.ENV, env),
            databases=tuple(dumped),
            format=FORMAT,
            finished_at=time.time(),
            branch=head.branch,
            edited=around.edited,
            wal_lsn=server.wal_lsn,
            model=self._file(snapshots.MODEL, json.dumps(model.raw, indent=1).encode()),
            edits=self._file(snapshots.EDITS, around.edits),
            images=around.images,
            volumes=self._volumes(model),
            proof=self._proof,
            proof_note=self._note,
            made_by=f"avnwizard {__version__}",
            project=self._host.platform.name,
            keys=generations(model.raw),
            servers=self._host.choice.labels,
        )
        self._host.files.write(self._folder / snapshots.MANIFEST, snapshots.to_json(manifest))
        written = self._host.files.measure(self._folder / snapshots.MANIFEST)
        self._host.files.write(self._folder / snapshots.SUMS, snapshots.sums(written, manifest.parts()))
        put_seal(self._host, self._folder)
        return manifest

    def _proven(self, number: int, dumped: DumpedDatabase) -> DumpedDatabase:
        if self._proof != "restored":
            return dumped
        self._ctx.checkpoint()
        self._ctx.say(f"restoring {dumped.name} into a scratch database, to compare it")
        name = scratch(dumped.name, self._ctx.run)
        with self._ctx.effect(f"prove-{number}"):
            told = self._telling(_PROVE, number)
            proven = proving.prove(self._database, dumped, self._folder / dumped.dump.file, name, told)
        self._tell(_PROVE, number, 1.0)
        return proven

    def _telling(self, kind: str, number: int) -> Progress:
        """What hears how far a dump or a restore is, in its own bytes; also from several threads at once."""

        def tell(done: int, total: int | None) -> None:
            if total:
                self._tell(kind, number, min(done / total, 1.0))

        return tell

    def _tell(self, kind: str, number: int, part: float) -> None:
        self._tell_bytes(kind, number, int(self._facts[number].size_bytes * part))

    def _tell_bytes(self, kind: str, number: int, done: int) -> None:
        with self._telling_now:
            self._done[kind, number] = done
            self._pace.did(kind, sum(size for (other, _), size in self._done.items() if other == kind))
            left_s = self._pace.left_s()
            self._ctx.progress(self._pace.done_bytes, self._pace.total_bytes, "bytes", left_s=left_s)

    def _volumes(self, model: ComposeModel) -> tuple[ArchivedVolume, ...]:
        offered = durable_volumes(model, but=self._host.choice.services)
        chosen = [one for one in offered if one.volume in self._plan.volumes]
        require_known(self._plan.volumes, tuple(one.volume for one in offered))
        archived = []
        for number, one in enumerate(chosen):
            self._ctx.checkpoint()
            containers = self._host.stack.containers(one.service)
            if not containers:
                raise HostError(
                    f"{one.service} has no container to copy {one.volume} from.", "Start it, or leave it out."
                )
            file, container = f"volume-{number}.tar", containers[0]
            require_there(container, model, one.volume, one.path)
            self._ctx.say(f"archiving the volume {one.volume} of {one.service}")
            with self._ctx.effect(f"archive-{number}"):
                to = self._folder / file
                size = self._volume_bytes.get(one.volume)
                written = self._host.stack.archive(container.id, one.path, to, self._archiving(number, size))
            if size is not None:
                self._tell_bytes(_ARCHIVE, number, size)
            live = container.state == "running"
            archived.append(ArchivedVolume(one.volume, one.service, one.path, live, _part(file, written)))
        return tuple(archived)

    def _archiving(self, number: int, size: int | None) -> Progress:
        """What hears how far an archive is: a part of the whole work where the volume's size could be seen."""

        def tell(done: int, total: int | None) -> None:
            if size is None:
                self._ctx.progress(done, total, "bytes")
            else:
                self._tell_bytes(_ARCHIVE, number, min(done, size))

        return tell

    def _file(self, name: str, data: bytes) -> Part:
        self._host.files.write(self._folder / name, data)
        return _part(name, self._host.files.measure(self._folder / name))


def require_known(volumes: Sequence[str], offered: Sequence[str]) -> None:
    """Refuse a volume that the compose file does not have.

    Raises:
        HostError: names it, and those that there are.
    """
    for volume in volumes:
        if volume not in offered:
            there = ", ".join(offered) or "none"
            raise HostError(f"There is no volume {volume!r} that a service writes to.", f"There are: {there}.")


def _part(file: str, written: FileFacts) -> Part:
    return Part(file, written.size_bytes, written.sha256)

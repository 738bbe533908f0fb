"""Restoring a snapshot by hand, from its manifest alone: also where databases or roles are missing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avnwizard.domain.postgres.globals import left_alone
from avnwizard.domain.snapshot import ArchivedVolume, Manifest
from avnwizard.domain.strategy import is_job, roll_order
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.snapshot.volume_places import require_there
from avnwizard.flows.stack.former_release import stays_running
from avnwizard.flows.steps.restore import PutInPlace, RestoreBeside
from avnwizard.flows.steps.writers import StartWriters, StopWriters
from avnwizard.planned import StepKind

_STOP_GRACE_S = 30.0


@dataclass(frozen=True)
class RestoreOrder:
    """What goes back.

    Attributes:
        keeping: the databases that are there now: they are kept under another name.
        stop: services that are stopped while the databases are swapped, dependencies first; () where none shall be.
    """

    snapshot: Path
    databases: tuple[str, ...]
    keeping: tuple[str, ...]
    volumes: tuple[str, ...]
    stop: tuple[str, ...] = ()


def plan_restore(
    host: Host,
    folder: Path,
    databases: Sequence[str] = (),
    volumes: Sequence[str] = (),
    *,
    stop_services: bool = False,
) -> tuple[RestoreOrder, Manifest]:
    """Decide what goes back; nothing is changed.

    Args:
        databases: those that are restored; () is every one that holds tables or is missing.
        volumes: archived volumes that are unpacked too.
        stop_services: whether the services that use the databases are stopped for the swap, as a rollback does.

    Raises:
        HostError: a part of the snapshot is damaged, or Postgres does not answer.
        RefusedError: the snapshot does not hold what was named, or a volume is no longer where it was archived from.
    """
    manifest = snapshots.verify(host.files, folder)
    held = {one.name for one in manifest.databases}
    _require_held("database", databases, held)
    _require_held("volume", volumes, {one.volume for one in manifest.volumes})
    _require_places(host, [one for one in manifest.volumes if one.volume in volumes])
    database = host.database()
    there = {name for name in held if database.exists(name)}
    chosen = tuple(
        one.name
        for one in manifest.databases
        if one.name in databases or (not databases and (one.rows or one.name not in there))
    )
    keeping = tuple(name for name in chosen if name in there)
    stop = _writers(host) if stop_services and chosen else ()
    return RestoreOrder(folder, chosen, keeping, tuple(volumes), stop), manifest


def _writers(host: Host) -> tuple[str, ...]:
    """All that does not stay running; what was not running is neither stopped nor started."""
    model = host.stack.resolve()
    staying = stays_running(host, model)
    services = (model.services[name] for name in roll_order(model))
    return tuple(one.name for one in services if not is_job(one, model) and one.name not in staying)


def to_json(order: RestoreOrder) -> str:
    """For the journal: what was ordered, apart from what the world was like."""
    found: dict[str, Any] = {"snapshot": str(order.snapshot), "databases": order.databases, "volumes": order.volumes}
    found |= {"stop": order.stop} if order.stop else {}
    return json.dumps(found)


def restore_steps(host: Host, order: RestoreOrder, manifest: Manifest) -> list[Step]:
    """The steps, in order."""
    steps: list[Step] = []
    if order.databases:
        swap: list[Step] = [PutInPlace(host, order.databases)]
        if order.stop:
            swap = [StopWriters(host, order.stop), *swap, StartWriters(host, order.stop)]
        steps += [RestoreByHand(host, order.snapshot, order.databases), *swap]
    volumes = [one for one in manifest.volumes if one.volume in order.volumes]
    return [*steps, *(UnpackVolume(host, order.snapshot, one) for one in volumes)]


def _require_held(kind: str, names: Sequence[str], held: set[str]) -> None:
    for name in names:
        if name not in held:
            raise RefusedError(
                f"The snapshot holds no {kind} {name!r}.", f"It holds: {', '.join(sorted(held)) or 'none'}."
            )


def _require_places(host: Host, volumes: Sequence[ArchivedVolume]) -> None:
    """Each volume must be mounted where it was archived from: elsewhere its files would land beside it."""
    model = host.stack.resolve() if volumes else None
    for one in volumes:
        containers = host.stack.containers(one.service)
        if model and containers:
            try:
                require_there(containers[0], model, one.volume, one.path)
            except HostError as error:
                raise RefusedError(f"{error.message} Nothing was changed.", error.hint) from error


class RestoreByHand(RestoreBeside):
    """The same, telling which roles differ: nothing else goes back with them, so what they are now may be wanted."""

    def do(self, ctx: StepContext) -> None:
        """Restore beside, then compare the roles."""
        super().do(ctx)
        globals_ = snapshots.verified_globals(self._host.files, self._folder)
        for line in left_alone(self._host.database().globals_changes(globals_)):
            ctx.say(line)


class UnpackVolume(Step):
    """Unpack an archived volume over the live one, its service stopped meanwhile; what it was is archived first."""

    kind = StepKind.DATA
    undone_by = (StepKind.DATA,)  # by hand, from the archive of what was there

    def __init__(self, host: Host, folder: Path, volume: ArchivedVolume) -> None:
        self._host, self._folder, self._volume = host, folder, volume
        self.name = f"volume:{volume.volume}"
        self.title = f"Unpack the volume {volume.volume}"

    def probe(self, ctx: StepContext) -> Probe:
        """Unpacking again is harmless."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Stop, keep what is there, unpack, start."""
        stack, one = self._host.stack, self._volume
        containers = stack.containers(one.service)
        if not containers:
            raise HostError(
                f"{one.service} has no container to unpack {one.volume} into.", "Create it: docker compose up"
            )
        require_there(containers[0], self._host.stack.resolve(), one.volume, one.path)
        kept = self._host.state.folder / "kept-volumes" / f"{ctx.run}-{one.volume}.tar"
        before = ctx.recall().get("running", [])
        running = [each.id for each in containers if each.state == "running" or each.id in before]
        ctx.note(running=running)
        with ctx.effect("stop"):
            stack.stop(*running, grace_s=_STOP_GRACE_S)
        if not self._host.files.exists(kept):
            self._keep(ctx, containers[0].id, kept, running)
        with ctx.effect("unpack"):
            archive = self._folder / one.archive.file
            stack.unarchive(archive, containers[0].id, one.path, lambda d, t: ctx.progress(d, t, "bytes"))
        self._start(ctx, running)
        ctx.say(f"{one.volume} has the snapshot's files; files that only it had stay; what it was is in {kept}")

    def _keep(self, ctx: StepContext, container_id: str, kept: Path, running: Sequence[str]) -> None:
        """Archive what is there; where that fails, nothing was unpacked yet and the service serves again."""
        self._host.files.make(kept.parent)
        try:
            with ctx.effect("keep"):
                self._host.stack.archive(
                    container_id, self._volume.path, kept, lambda done, total: ctx.progress(done, total, "bytes")
                )
        except HostError:
            self._start(ctx, running)
            raise

    def _start(self, ctx: StepContext, containers: Sequence[str]) -> None:
        for container_id in containers:
            with ctx.effect("start"):
                self._host.stack.start(container_id)

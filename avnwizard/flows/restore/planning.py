"""Restoring a snapshot apart from a rollback, from its manifest alone: also where databases or roles are missing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avnwizard.domain.plain import printable
from avnwizard.domain.rotation.marks import unreadable
from avnwizard.domain.snapshot import ArchivedVolume, Manifest
from avnwizard.domain.strategy import is_job, roll_order
from avnwizard.engine.step import Step
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.restore.steps import RestoreCopies, SwapIn
from avnwizard.flows.restore.unpack import UnpackVolume
from avnwizard.flows.snapshot import seal, snapshots
from avnwizard.flows.snapshot.volume_places import require_there
from avnwizard.flows.stack.former_release import stays_running
from avnwizard.flows.steps.writers import StartWriters, StopWriters


@dataclass(frozen=True)
class RestoreOrder:
    """What goes back.

    Attributes:
        keeping: the databases that are there now: they are kept under another name.
        stop: services that are stopped while the databases are swapped, dependencies first; () where none shall be.
        doubts: why the snapshot may be another stack's or changed, a sentence each: the operator has to vouch for it.
    """

    snapshot: Path
    databases: tuple[str, ...]
    keeping: tuple[str, ...]
    volumes: tuple[str, ...]
    stop: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


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
        RefusedError: the snapshot does not hold what was named, a volume is no longer where it was archived from, or
            rows would come back that are under a secret which was rotated away.
    """
    manifest = snapshots.verify(host.files, folder)
    _require_same_servers(host, manifest)
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
    _require_readable(host, manifest, chosen)
    keeping = tuple(name for name in chosen if name in there)
    stop = _writers(host) if stop_services and chosen else ()
    return RestoreOrder(folder, chosen, keeping, tuple(volumes), stop, seal.doubts(host, folder, manifest)), manifest


def _require_same_servers(host: Host, manifest: Manifest) -> None:
    """Names of databases say their server only where there are several."""
    if manifest.servers == host.choice.labels:
        return
    were, are = ", ".join(manifest.servers) or "one server", ", ".join(host.choice.labels) or "one server"
    raise RefusedError(
        f"The snapshot holds the databases of {printable(were)}, and avnwizard speaks to {printable(are)} now. "
        "Nothing was changed.",
        "Make [postgres] in avnwizard.toml what it was, or restore the dumps by hand: pg_restore",
    )


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
    found |= {} if order.doubts else {"sealed": True}
    return json.dumps(found)


def from_json(text: str) -> RestoreOrder:
    """Read back from the journal; what was there at the time is not in it.

    Raises:
        RefusedError: another version wrote it.
    """
    try:
        found = json.loads(text)
        databases, volumes = tuple(map(str, found["databases"])), tuple(map(str, found["volumes"]))
        stop = tuple(map(str, found.get("stop", ())))
        doubts = () if found.get("sealed") else ("The operator vouched for it, or an earlier version ordered this.",)
        return RestoreOrder(Path(found["snapshot"]), databases, (), volumes, stop, doubts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RefusedError(
            "This restore was planned by another version of avnwizard.", "Go on with the version that started it."
        ) from error


def restore_steps(host: Host, order: RestoreOrder, manifest: Manifest) -> list[Step]:
    """The steps, in order."""
    steps: list[Step] = []
    if order.databases:
        swap: list[Step] = [SwapIn(host, order.databases)]
        if order.stop:
            swap = [StopWriters(host, order.stop), *swap, StartWriters(host, order.stop)]
        steps += [RestoreCopies(host, order.snapshot, order.databases, sealed=not order.doubts), *swap]
    volumes = [one for one in manifest.volumes if one.volume in order.volumes]
    return [*steps, *(UnpackVolume(host, order.snapshot, one) for one in volumes)]


def _require_held(kind: str, names: Sequence[str], held: set[str]) -> None:
    for name in names:
        if name not in held:
            raise RefusedError(
                f"The snapshot holds no {kind} {name!r}.", f"It holds: {', '.join(sorted(held)) or 'none'}."
            )


def _require_places(host: Host, volumes: Sequence[ArchivedVolume]) -> None:
    """Each volume must be mounted where it was archived from: elsewhere its files would land alongside it."""
    model = host.stack.resolve() if volumes else None
    for one in volumes:
        containers = host.stack.containers(one.service)
        if model and containers:
            try:
                require_there(containers[0], model, one.volume, one.path)
            except HostError as error:
                raise RefusedError(f"{error.message} Nothing was changed.", error.hint) from error


def _require_readable(host: Host, manifest: Manifest, databases: Sequence[str]) -> None:
    """Rows that are under a dropped secret would break the service that reads them: Hydra does not even start."""
    if not manifest.keys:
        return
    lost = unreadable(manifest.keys, databases, host.platform.model().raw)
    if lost:
        raise RefusedError(
            f"{printable(', '.join(lost))} of this snapshot may be sealed under a secret that was rotated away. "
            "Nothing was changed.",
            "Take the last phase of the rotation back first (avnwizard runs, then avnwizard rollback RUN): it puts "
            "the old secret behind the new one. Or add it to the end of the list; the snapshot's `env` has it.",
        )

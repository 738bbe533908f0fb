"""What a snapshot will hold, decided before it is taken: shown in the plan, by the screens and by the verb alike."""

import time
from collections.abc import Sequence

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.snapshot import Proof
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.domain.volumes import DurableVolume, durable_volumes
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import proving
from avnwizard.flows.snapshot.taking import require_known, worth_keeping
from avnwizard.flows.snapshot.volume_places import require_there


def plan_snapshot(
    host: Host,
    tag: str,
    *,
    taken: bool = True,
    volumes: tuple[str, ...] | None = None,
    proof: Proof | None = None,
    model: ComposeModel | None = None,
) -> SnapshotPlan:
    """Look at the databases, the disks and the volumes.

    Args:
        tag: the release at HEAD; it becomes part of the folder's name.
        volumes: None is what `avnwizard.toml` says.
        proof: None is what `avnwizard.toml` says.
        model: the resolved compose model, where the caller has it.

    Raises:
        HostError: Postgres does not answer, there is no such volume, or it is not where the compose files say.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(host.clock.now()))
    folder = host.state.snapshots / f"{stamp}-{tag.replace('/', '_')}"
    free = host.files.free_bytes(folder.parent)
    others = host.choice.others
    if not taken:
        why = host.choice.why_no_snapshot or "you left it out"
        return SnapshotPlan(taken=False, folder=folder, databases=(), free_bytes=free, why_not=why, not_held=others)
    database = host.database()
    facts = worth_keeping(database)
    level, note = proving.level(database, facts, proof or host.config.snapshot.proof)
    outside = host.config.postgres.outside
    if note and outside and not outside.client_image:
        note = "[postgres] client_image names no image in which it could be restored"
    chosen = host.config.snapshot.volumes if volumes is None else volumes
    model = model or host.platform.model()
    found = durable_volumes(model, but=host.choice.services)
    offered = tuple(one.volume for one in found)
    require_known(chosen, offered)
    for one in found:
        for container in host.stack.containers(one.service)[:1] if one.volume in chosen else ():
            require_there(container, model, one.volume, one.path)
    return SnapshotPlan(
        taken=True,
        folder=folder,
        databases=tuple((one.name, one.size_bytes) for one in facts),
        free_bytes=free,
        volumes=chosen,
        offered=offered,
        proof=level,
        proof_note=note,
        volume_sizes=sizes_of(host, [one for one in found if one.volume in chosen]),
        not_held=others,
        copies=host.config.snapshot.copy,
    )


def sizes_of(host: Host, volumes: Sequence[DurableVolume]) -> tuple[tuple[str, int], ...]:
    """(name in the compose file, bytes) of each volume whose size can be seen."""
    sizes = host.stack.volume_sizes([one.name for one in volumes]) if volumes else {}
    return tuple((one.volume, sizes[one.name]) for one in volumes if one.name in sizes)


def volume_sizes(host: Host) -> dict[str, int]:
    """Bytes of every volume that a snapshot may hold, by its name in the compose file, as far as they can be seen.

    Raises:
        HostError: the engine does not answer, or the compose files do not resolve.
    """
    return dict(sizes_of(host, durable_volumes(host.platform.model(), but=host.choice.services)))

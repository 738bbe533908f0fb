"""Which snapshots may go: by count and by age, and never one that going back still needs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from avnwizard.domain.database_names import purpose_of
from avnwizard.domain.host import DatabaseFacts
from avnwizard.domain.plan import from_json
from avnwizard.engine.records import UNFINISHED
from avnwizard.errors import RefusedError
from avnwizard.flows import snapshots
from avnwizard.flows.by_hand import journal_of
from avnwizard.flows.host import Host

_DAY_S = 86400.0
_RUN = re.compile(r"\d{8}-\d{6}-[0-9a-f]{2}\Z")


@dataclass(frozen=True)
class Pruning:
    """What would go and why the rest stays.

    Attributes:
        kept: (folder, reason).
        leftover: folders of snapshots that were never finished.
        databases: databases that a rollback or a restore set aside, where they were asked for.
    """

    remove: tuple[Path, ...]
    kept: tuple[tuple[Path, str], ...]
    leftover: tuple[Path, ...]
    databases: tuple[DatabaseFacts, ...]


def plan_pruning(host: Host, *, keep: int, keep_days: float, databases: bool = False) -> Pruning:
    """Decide; nothing is changed. The newest `keep` stay, and all younger than `keep_days`, whichever is more."""
    needed, now = needed_by(host), host.clock.now()
    remove, kept = [], []
    for number, (folder, manifest) in enumerate(snapshots.all_whole(host.files, host.state.snapshots)):
        if folder in needed:
            kept.append((folder, f"{needed[folder]} needs it"))
        elif number < keep:
            kept.append((folder, f"one of the newest {keep}"))
        elif now - manifest.taken_at < keep_days * _DAY_S:
            kept.append((folder, f"younger than {keep_days:g} days"))
        else:
            remove.append(folder)
    leftover = [one for one in host.files.list(host.state.snapshots) if one.suffix == snapshots.PARTIAL]
    aside = _set_aside(host) if databases else ()
    return Pruning(tuple(remove), tuple(kept), tuple(leftover), tuple(aside))


def needed_by(host: Host) -> dict[Path, str]:
    """Folder -> the run that may have to go back to it: any unfinished one, and the last upgrade."""
    needed: dict[Path, str] = {}
    upgrades = [run for run in host.journal().runs() if run.kind == "upgrade"]
    for number, run in enumerate(upgrades):
        if number and run.state not in UNFINISHED:
            continue
        try:
            plan = from_json(run.plan)
        except RefusedError:
            continue
        if plan.snapshot.taken:
            needed[plan.snapshot.folder] = f"run {run.id}"
    return needed


def prune(host: Host, pruning: Pruning) -> None:
    """Remove what was decided. The caller holds the stack's lock."""
    for folder in (*pruning.remove, *pruning.leftover):
        host.files.remove(folder)
    for one in pruning.databases:
        host.database().drop(one.name)


def _set_aside(host: Host) -> Iterable[DatabaseFacts]:
    unfinished = {run.id for run in (*host.journal().runs(), *journal_of(host).runs()) if run.state in UNFINISHED}
    for one in host.database().databases():
        run = _RUN.search(one.name)
        if purpose_of(one.name) == "kept" and run and run.group() not in unfinished:
            yield one

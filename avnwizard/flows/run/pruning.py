"""Which snapshots may go: by count and by age, and never one that going back still needs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from avnwizard.domain.host import DatabaseFacts
from avnwizard.domain.postgres.names import purpose_of
from avnwizard.engine.records import UNFINISHED
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.run.registry import can_roll_back, flow_of
from avnwizard.flows.snapshot import snapshots

_DAY_S = 86400.0
_KEPT = frozenset({"kept", "redone"})
"""What a rollback or a restore set aside, and what undoing a rollback did."""
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
    kept += [
        (one, "rows that a rollback saved; remove it by hand when nobody needs them any more")
        for one in host.files.list(host.state.snapshots)
        if snapshots.ROWS in one.name
    ]
    kept += [
        (one, "cannot be read; remove it by hand") for one in snapshots.unreadable(host.files, host.state.snapshots)
    ]
    leftover = [one for one in host.files.list(host.state.snapshots) if one.suffix == snapshots.PARTIAL]
    aside = _set_aside(host) if databases else ()
    return Pruning(tuple(remove), tuple(kept), tuple(leftover), tuple(aside))


def needed_by(host: Host) -> dict[Path, str]:
    """Folder -> the run that may have to go back to it.

    Those are: any unfinished one, one whose rollback is unfinished, the last upgrade, and the last that still stands
    where that was rolled back.
    """
    runs = host.journal().runs()
    going_back = {run.undoes for run in runs if run.undoes and run.state in UNFINISHED}
    undoable = [run for run in runs if flow_of(run).can_roll_back and flow_of(run).snapshot(run)]
    last = {run.id for run in (*undoable[:1], *can_roll_back(undoable)[:1])}
    needed: dict[Path, str] = {}
    for run in runs:
        wanted = run.id in last or run.id in going_back or run.state in UNFINISHED
        if wanted and (folder := flow_of(run).snapshot(run)):
            needed[folder] = f"run {run.id}"
    return needed


def require_unneeded(host: Host, folders: Iterable[Path]) -> None:
    """Refuse where a run that needs one of the snapshots was begun since.

    Raises:
        RefusedError: says which, and by what.
    """
    needed = needed_by(host)
    for folder in folders:
        if folder in needed:
            raise RefusedError(f"{needed[folder]} needs {folder} by now; nothing was removed.", "Give it again.")


def _set_aside(host: Host) -> Iterable[DatabaseFacts]:
    unfinished = {run.id for run in host.journal().runs() if run.state in UNFINISHED}
    for one in host.database().databases():
        run = _RUN.search(one.name)
        if purpose_of(one.name) in _KEPT and run and run.group() not in unfinished:
            yield one

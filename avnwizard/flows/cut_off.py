"""Restores by hand that were cut off: what they left, and the command that goes on with them."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED, RunRecord
from avnwizard.flows.host import Host

BY_HAND_JOURNAL = "by-hand.db"
RESTORE = "restore"
UPGRADES = "upgrades"
"""A fact of a run by hand as a whole (under no step's name): how many runs of the other journal came before it."""
_HARMLESS_STEPS = {"restore"}
"""Copies that are restored alongside the live databases: until the next step nothing of the stack has changed."""


def newest_unfinished(host: Host, journal: Journal, kind: str) -> RunRecord | None:
    """The last run by hand of a kind, if it did not finish and no upgrade or rollback came after it."""
    runs = [run for run in journal.runs() if run.kind == kind]
    if not runs or runs[0].state not in UNFINISHED:
        return None
    others = host.journal().runs()
    earlier = sum(run.created_at <= runs[0].created_at for run in others)  # a version that did not count wrote it
    before = journal.facts(runs[0].id, "").get(UPGRADES, earlier)
    return None if len(others) > before else runs[0]


def cut_off_restore(host: Host) -> tuple[Journal, RunRecord] | None:
    """The restore by hand that somebody has to go on with, whether it is at work now or not."""
    path = host.state.folder / BY_HAND_JOURNAL
    if not path.exists():
        return None
    journal = Journal(path)
    found = newest_unfinished(host, journal, RESTORE)
    return (journal, found) if found else None


def restores(host: Host, *, at_work: str) -> Iterator[Finding]:
    """What a check says of a restore by hand that did not reach its end.

    Args:
        at_work: the run that holds the stack now, "" for none: it is not cut off.
    """
    found = cut_off_restore(host)
    if not found or found[1].id == at_work:
        return
    journal, run = found
    steps = journal.steps(run.id)
    at = next((step.title for step in steps if step.state != "done"), run.title)
    begun = {step.name for step in steps if step.state != "pending"}
    harmless = begun <= _HARMLESS_STEPS
    message = f"A restore of {printable(run.title, limit=80)} by hand did not finish; it stopped at: {printable(at)}."
    left = "Nothing was changed yet." if harmless else "Services that it stopped stay stopped until it goes on."
    message += f" {left}"
    yield Finding("runs", "warn" if harmless else "stop", message, command(run.plan))


def command(order: str) -> str:
    """The command line that orders the same restore again.

    Args:
        order: as `restoring.to_json` made it.
    """
    try:
        found = json.loads(order)
        words = ["avnwizard", "snapshot", "restore", Path(found["snapshot"]).name]
        words += [word for name in found["databases"] for word in ("--database", str(name))]
        words += [word for name in found["volumes"] for word in ("--volume", str(name))]
        words += ["--stop-services"] if found.get("stop") else []
    except (ValueError, KeyError, TypeError):
        return "avnwizard snapshot restore, with the version of avnwizard that began it"
    return printable(shlex.join(words))

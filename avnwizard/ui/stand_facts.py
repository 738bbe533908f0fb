"""What the first screen shows: read in one go, and worded. The screen only places it."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from avnwizard.domain import words
from avnwizard.domain.cadence import Cadence, standing, support
from avnwizard.domain.checkout import TagRef
from avnwizard.domain.config import LockstepSection
from avnwizard.domain.findings import Finding, Level, worst
from avnwizard.domain.plain import printable
from avnwizard.engine.carried import apart, own_runs
from avnwizard.engine.records import RunRecord
from avnwizard.errors import RefusedError, WizardError
from avnwizard.flows.check import check
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.checking import check_release
from avnwizard.flows.kubernetes.surveying import survey_release
from avnwizard.flows.postgres import majors
from avnwizard.flows.rollback.redo import last_rollback
from avnwizard.flows.rotate.outlook import outlooks
from avnwizard.flows.run.unfinished import half_done
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.stack.survey import Survey, survey
from avnwizard.flows.upgrade import releases
from avnwizard.flows.upgrade.cadence import cadence
from avnwizard.ui.marks import LEVELS, NOTE, OK, STOP
from avnwizard.ui.widgets.facts import Fact

LABEL_WIDTH = 11
"""The columns of the facts' labels."""
_PADDING, _LEAST = 2, 10


@dataclass(frozen=True)
class Stand:
    """What this screen shows, read in one go.

    Attributes:
        secrets: what is known of those that can be rotated, a clause; "" where the stack has none.
        postgres: the major that serves, where a newer one can be gone to from here.
        half: the title of a run that is half done, so that services of two releases run; "" for none.
        redo: the upgrade that the newest run rolled back, where that can be undone.
    """

    survey: Survey
    tag: TagRef | None
    findings: tuple[Finding, ...]
    runs: tuple[RunRecord, ...]
    snapshot: snapshots.Manifest | None
    free_bytes: int
    newer: int
    cadence: Cadence
    secrets: str = ""
    postgres: int | None = None
    half: str = ""
    redo: RunRecord | None = None


def look(host: Host) -> Stand:
    """Read all of it.

    Raises:
        HostError: the engine or git does not answer.
    """
    found = survey(host) if host.compose else survey_release(host)
    listing: releases.Listing | None = None
    with contextlib.suppress(RefusedError):  # a finding says so
        listing = releases.listing(host)
    folder = host.state.snapshots
    kept = snapshots.all_whole(host.files, folder)
    journal = host.journal()
    half = half_done(apart(journal), journal.steps)
    back = last_rollback(journal.runs())
    return Stand(
        survey=found,
        tag=listing.current if listing else None,
        findings=check(host) if host.compose else check_release(host),
        runs=tuple(own_runs(journal)),
        snapshot=kept[0][1] if kept else None,
        free_bytes=host.files.free_bytes(folder),
        newer=sum(not one.apart for one in listing.newer) if listing else 0,
        cadence=cadence(host, listing),
        secrets=_secrets(host),
        postgres=majors.serving(host),
        half=printable(half.title, limit=60) if half else "",
        redo=journal.run(back.undoes) if back else None,
    )


def _secrets(host: Host) -> str:
    """What waits for its next phase; else how long ago the first of them was rotated."""
    try:
        there = [one for one in outlooks(host) if one.here]
    except WizardError:  # a finding says so
        return ""
    if waiting := [one.waits for one in there if one.waits]:
        return "; ".join(waiting)
    if old := [one.kind.title for one in there if one.level == "warn"]:
        return f"{' and '.join(old)}: a year old or more"
    if rotated := [one.rotated_at for one in there if one.rotated_at is not None]:
        return f"{len(rotated)} of {len(there)} rotated, the first {words.ago(min(rotated), host.clock.now())}"
    return f"{words.count(len(there), 'secret')}, none rotated by avnwizard yet" if there else ""


def facts(stand: Stand, lockstep: LockstepSection, now: float, *, brief: bool) -> list[Fact]:
    """Release, services, pins, disk, snapshot and last run; in brief only the services that do not serve."""
    services = stand.survey.services
    well = [one for one in services if not one.ailment]
    mark = OK if len(well) == len(services) else STOP
    lines: list[Fact] = [
        ("Release", _release(stand)),
        ("Services", Content.assemble((f"{mark.sign} ", mark.style), f"{len(well)} of {len(services)} serve")),
    ]
    if not brief or len(well) < len(services):
        lines.append(("", _health(stand.survey, brief=brief)))
    if stand.survey.model.services:
        lines.append((f"{lockstep.name} pins", _pins(stand, set(lockstep.services))))
    served, enough = support(stand.cadence)
    if served:
        mark = OK if enough else NOTE
        lines.append(("Postgres", Content.assemble((f"{mark.sign} ", mark.style), served)))
    disk = worst(tuple(one for one in stand.findings if one.check == "disk"))
    lines.append(
        (
            "Free disk",
            Content.assemble(
                (f"{LEVELS[disk].sign} ", LEVELS[disk].style), f"{words.size(stand.free_bytes)} for snapshots"
            ),
        )
    )
    kept = stand.snapshot
    told = f"of {printable(kept.tag, limit=30)}, {words.ago(kept.taken_at, now)}" if kept else "none yet"
    lines.append(("Snapshot", Content(told)))
    last = stand.runs[0] if stand.runs else None
    run = (
        f"{printable(last.title, limit=50)}: {last.state}, {words.ago(last.created_at, now)}" if last else "none yet"
    )
    lines.append(("Last run", Content(run)))
    return lines


def height(shown: Sequence[Fact], found: tuple[Finding, ...], columns: int) -> int:
    """The rows that facts and findings take on a screen of so many columns, with the empty rows around them."""
    width = max(columns - _PADDING, LABEL_WIDTH + _LEAST)
    rows = 1 + sum(len(text.wrap(width - LABEL_WIDTH)) for _, text in shown)
    told = findings(found)
    return rows + (1 + len(told.wrap(width)) if told.plain else 0)


def _release(stand: Stand) -> Content:
    """Where the checkout is; while a run is half done, no release is the one that runs."""
    branch = stand.survey.head.branch
    on = f", on branch {printable(branch, limit=30)}" if branch else ""
    tag = printable(stand.tag.name, limit=40) if stand.tag else "no release tag"
    if stand.half:
        told = f"{stand.half} is half done; the checkout is at {tag}{on}"
        return Content.assemble((f"{NOTE.sign} ", NOTE.style), told)
    release = f"{tag} of {words.day(stand.tag.date)}" if stand.tag else tag
    if stand.tag and (told := standing(stand.cadence)):
        release = f"{release}, {told}"
    return Content(release + on)


def _pins(stand: Stand, together: set[str]) -> Content:
    """Whether the services that are tested together run what the release pins."""
    drifted = ", ".join(sorted(set(stand.survey.drifted) & together))
    if not drifted:
        return Content.assemble((f"{OK.sign} ", OK.style), "in step with the release")
    told = f"not yet in step: {drifted}" if stand.half else f"{drifted} drifted from the release"
    return Content.assemble((f"{NOTE.sign} ", NOTE.style), told)


def _health(found: Survey, *, brief: bool) -> Content:
    """Every service by name (in brief: what does not serve), those that do not serve first, with the reason."""
    services = [one for one in found.services if one.ailment or not brief]
    ordered = sorted(services, key=lambda one: (not one.ailment, one.service))
    parts: list[Content] = []
    for one in ordered:
        mark = STOP if one.ailment else OK
        why = f" ({printable(one.ailment, limit=40)})" if one.ailment else ""
        # a sign and its name are never parted by a line's end
        parts.append(Content.assemble((mark.sign, mark.style), f"{printable(one.service)}{why}"))
    return Content("  ").join(parts)


def findings(found: tuple[Finding, ...]) -> Content:
    """What is not as it should be, the worst first, each with what to do."""
    order: dict[Level, int] = {"stop": 0, "warn": 1, "ok": 2}
    lines: list[Content] = []
    for one in sorted((one for one in found if one.level != "ok"), key=lambda one: order[one.level]):
        mark = LEVELS[one.level]
        lines.append(Content.assemble((f"{mark.sign} ", mark.style), printable(one.message, limit=400)))
        if one.hint:
            lines.append(Content.assemble(("  " + printable(one.hint, limit=400), "dim")))
    return Content("\n").join(lines)

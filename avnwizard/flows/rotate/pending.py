"""What `check` and `status` say of rotations: what waits, what needs the old secret, and how old each secret is."""

from collections.abc import Iterator
from typing import Any

from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.domain.rotation.kinds import DAY_S, KINDS, YEAR_S
from avnwizard.domain.rotation.logins import roles_of
from avnwizard.engine.journal import Journal
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import age, keeping
from avnwizard.flows.rotate.outlook import outlooks
from avnwizard.flows.rotate.password_plan import from_json
from avnwizard.flows.rotate.planning import tally_now
from avnwizard.flows.rotate.standing import REPLACE, Standing, standing


def findings(host: Host) -> Iterator[Finding]:
    """A pending rotation, with what needs the old secret at this moment; and the age of each secret."""
    journal, now = host.journal(), host.clock.now()
    clues = age.Clues(host)
    there = {one.kind.what: one for one in outlooks(host, clues)}
    for what, kind in KINDS.items():
        found = standing(journal, what)
        if found and found.is_pending:
            yield _waiting(host, found)
        elif found:
            yield _aged(kind.title, now - found.done_at, f"avnwizard rotate {what}")
        elif there[what].here:
            go_on = f"avnwizard rotate {what}" if there[what].level != "ok" else ""
            yield Finding("rotation", there[what].level, f"{kind.title}: {there[what].state}", go_on)
    replaced = passwords(journal)
    for role in sorted({*replaced, *roles_of(host.stack.resolve().raw, host.postgres_service)}):
        shown = printable(role, limit=63)
        title, go_on = f"The password of {shown}", f"avnwizard rotate password {shown}"
        if role in replaced:
            yield _aged(title, now - replaced[role], go_on)
        elif since := age.of_password(host, role, clues):
            is_old = now - since.since >= YEAR_S
            text = f"{title}: {since.sentence(now)}"
            yield Finding("rotation", "warn" if is_old else "ok", text, go_on if is_old else "")


def _aged(title: str, age_s: float, go_on: str) -> Finding:
    text = f"{title} was rotated {age_s / DAY_S:.0f} days ago"
    if age_s >= YEAR_S:
        return Finding("rotation", "warn", f"{text}; the guide says yearly.", go_on)
    return Finding("rotation", "ok", f"{text}.")


def _waiting(host: Host, found: Standing) -> Finding:
    last = found.phase + 1 == found.plan.kind.phases
    go_on = f"avnwizard rotate {found.plan.what}"
    if not last:
        return Finding("rotation", "warn", found.sentence(), go_on)
    if not keeping.is_kept(host, found.plan.rotation):
        gone = keeping.place(host, found.plan.rotation)
        return Finding("rotation", "warn", f"{found.sentence()} Its old secret is gone: {printable(str(gone))}.", "")
    try:
        tally = tally_now(host, found)
    except WizardError as error:
        return Finding(
            "rotation", "warn", f"{found.sentence()} What needs the old secret now: {error.message}", go_on
        )
    if tally is None or not tally.sessions:
        return Finding("rotation", "warn", f"{found.sentence()} Nothing needs the old secret any more.", go_on)
    return Finding("rotation", "warn", f"{found.sentence()} Now: {' '.join(tally.sentences())}", "Wait until then.")


def described(journal: Journal) -> list[dict[str, Any]]:
    """Every rotation of which something is known, for JSON: no row is read."""
    found = (standing(journal, what) for what in KINDS)
    secrets: list[dict[str, Any]] = [
        {
            "secret": one.plan.what,
            "rotation": one.plan.rotation,
            "phase": one.phase,
            "phases": one.plan.kind.phases,
            "pending": one.is_pending,
            "since": one.done_at,
            "needed_by": one.sessions,
            "safe_at": one.safe_at,
            "run": one.run,
            "sentence": one.sentence() if one.is_pending else "",
        }
        for one in found
        if one
    ]
    return secrets + [
        {"secret": REPLACE, "role": role, "pending": False, "since": done_at, "sentence": ""}
        for role, done_at in passwords(journal).items()
    ]


def passwords(journal: Journal) -> dict[str, float]:
    """Role -> when its password was last replaced, for runs that stand."""
    found: dict[str, float] = {}
    for run in journal.runs():
        if run.kind == REPLACE and run.state == "done":
            found.setdefault(from_json(run.plan).role, run.finished_at)
    return found

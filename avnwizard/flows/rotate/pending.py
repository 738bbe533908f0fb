"""What `check` and `status` say of rotations: what waits, what needs the old secret, and how old each secret is."""

from collections.abc import Iterator
from typing import Any

from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.domain.rotation.kinds import KINDS, YEAR_S
from avnwizard.engine.journal import Journal
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import keeping
from avnwizard.flows.rotate.planning import tally_now
from avnwizard.flows.rotate.standing import Standing, standing

_DAY_S = 86400


def findings(host: Host) -> Iterator[Finding]:
    """A pending rotation, with what needs the old secret at this moment; and secrets that are a year old."""
    journal = host.journal()
    for what, kind in KINDS.items():
        found = standing(journal, what)
        if found is None:
            continue
        if found.is_pending:
            yield _waiting(host, found)
        elif (age_s := host.clock.now() - found.done_at) >= YEAR_S:
            yield Finding(
                "rotation", "warn", f"{kind.title} was rotated {age_s / _DAY_S:.0f} days ago; the guide says yearly.",
                f"avnwizard rotate {what}",
            )  # fmt: skip
        else:
            yield Finding("rotation", "ok", f"{kind.title} was rotated {age_s / _DAY_S:.0f} days ago.")


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
    return [
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

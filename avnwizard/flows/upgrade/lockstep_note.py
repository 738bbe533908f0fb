"""What is said of a patch release that only moves the images of the lockstep: how long it takes, who notices."""

import re
from collections.abc import Collection
from statistics import median

from avnwizard.domain.checkout import TagRef
from avnwizard.domain.plain import printable
from avnwizard.domain.strategy import COMPLETED, choose
from avnwizard.domain.words import about
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.lockstep_release import moved_alone
from avnwizard.flows.upgrade.expecting import Rates, measured
from avnwizard.flows.upgrade.notes import notes_between

_CVE = re.compile(r"\bCVE-\d{4}-\d{4,}\b", re.IGNORECASE)
_SECURITY = re.compile(r"\bsecurity\b|\bvulnerabilit", re.IGNORECASE)
_SHOWN = 2
_ROLL_S, _JOB_S, _AROUND_S = 30.0, 10.0, 15.0
"""Where nothing was measured here: a service of Ory's with its start period, its migration, snapshot and checkout."""


def lockstep_note(host: Host, current: TagRef, target: TagRef) -> str:
    """Such as "patch release, Ory only, about 2 min, no interruption expected"; "" for any other release."""
    if not host.config.lockstep.services:
        return ""
    said = _notes(host, current, target)
    is_security = bool(_CVE.search(said) or _SECURITY.search(said))
    services = moved_alone(host, current.commit, target.commit, is_security=is_security)
    if not services:
        return ""
    found = sorted({one.upper() for one in _CVE.findall(said)})
    named = f" ({', '.join(found[:_SHOWN])}{' and more' if len(found) > _SHOWN else ''})" if found else ""
    what = f"{'security' if is_security else 'patch'} release{named}, {host.config.lockstep.name} only"
    try:
        return f"{what}, {_cost(host, services)}"
    except WizardError:
        return what  # how long it takes is shown once it is planned


def _notes(host: Host, current: TagRef, target: TagRef) -> str:
    try:
        return "\n".join(one.body_markdown for one in notes_between(host, current, target).versions)
    except WizardError:
        return ""


def _cost(host: Host, services: Collection[str]) -> str:
    model, rates = host.stack.resolve(), _rates(host)
    there = [model.services[name] for name in sorted(services) if name in model.services]
    jobs = sorted({name for one in there for name, how in one.depends_on.items() if how == COMPLETED})
    chosen = host.config.roll.strategy
    down = [one.name for one in there if choose(one, model, override=chosen.get(one.name)).strategy == "recreate"]
    seconds = sum(_seconds(rates, f"roll:{one.name}", _ROLL_S) for one in there) + _AROUND_S
    seconds += sum(_seconds(rates, f"job:{name}", _JOB_S) for name in jobs)
    notice = f"{', '.join(map(printable, down))} briefly down" if down else "no interruption expected"
    return f"about {about(seconds)}, {notice}"


def _rates(host: Host) -> Rates:
    """What earlier runs took; looking makes no journal where there is none."""
    if not host.files.exists(host.state.journal):
        return Rates()
    journal = host.journal()
    try:
        return measured(journal)
    finally:
        journal.close()


def _seconds(rates: Rates, step: str, guess_s: float) -> float:
    found = rates.steps.get(step)
    return median(found) if found else guess_s

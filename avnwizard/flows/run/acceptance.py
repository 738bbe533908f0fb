"""Accepting a run: its old images need no longer be kept. Until then a tag keeps each from `docker image prune`."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from avnwizard.domain.data_way import is_copy
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import from_json
from avnwizard.engine import lock
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.returning import FOLLOW_BACK
from avnwizard.flows.run.registry import flow_of
from avnwizard.flows.stack.kept_images import WHOLE_RUN, is_accepted, keep_name

_ENDED = {"done", "undone"}


def waiting(journal: Journal, run: RunRecord) -> tuple[RunRecord, ...]:
    """The finished upgrades whose old images are let go of when this one is accepted, oldest first.

    Raises:
        RefusedError: it is no upgrade, or it is not finished.
    """
    if not flow_of(run).keeps_images:
        raise RefusedError(
            f"{run.id} is no upgrade ({flow_of(run).noun}); there is nothing to accept.", "avnwizard runs"
        )
    if run.state not in _ENDED:
        raise RefusedError(
            f"Run {run.id} is {run.state}; only a finished upgrade can be accepted.",
            f"avnwizard resume {run.id}, or avnwizard rollback {run.id}",
        )
    later = journal.later_than(run.id)
    found = [one for one in journal.runs() if _waits(journal, one) and one not in later]
    return tuple(reversed(found))


def following(host: Host, journal: Journal, run: str = "") -> RunRecord | None:
    """The live upgrade of Postgres whose old server follows the new one, which accepting it ends; None for none.

    Args:
        run: the one that is meant; "" is whichever is live.
    """
    live = lock.holder(host.lock).get("run", "")
    if not live or (run and live != run) or all(live != one.id for one in journal.runs()):
        return None
    at_work = (step.name for step in journal.steps(live) if step.state == "started")
    return journal.run(live) if FOLLOW_BACK in at_work else None


def given_up(journal: Journal, runs: Sequence[RunRecord]) -> str:
    """What accepting these upgrades gives up, for the question that comes before it."""
    count = sum(len(_kept(journal, one)) for one in runs)
    tags = list(dict.fromkeys(from_json(one.plan).current.tag for one in runs))
    images = "1 image" if count == 1 else f"{count} images"
    return (
        f"{images} of {printable(' and '.join(tags))} {'is' if count == 1 else 'are'} kept for going back. Once you "
        "accept, docker image prune -a may remove them; going back would then download them again, and fail if the "
        "registry no longer has them. The snapshot stays." + _copies_given_up(runs)
    )


def _copies_given_up(runs: Sequence[RunRecord]) -> str:
    parts = [part for run in runs for part in from_json(run.plan).services if part.data == "copy"]
    names = printable(", ".join(sorted({part.service for part in parts})), limit=300)
    return f" The copies of the data of {names} are deleted." if parts else ""


def accept(host: Host, journal: Journal, run: RunRecord) -> int:
    """Let go of the old images of a finished upgrade and of those before it; the number of images let go of.

    Raises:
        RefusedError: it is no upgrade, or it is not finished.
        HostError: the engine does not answer.
    """
    return sum(_let_go(host, journal, one) for one in waiting(journal, run))


def accept_earlier(host: Host, journal: Journal) -> None:
    """A new upgrade accepts those before it. An engine that does not answer now is no reason to refuse one."""
    with suppress(HostError):
        for one in journal.runs():
            if _waits(journal, one):
                _let_go(host, journal, one)


def _waits(journal: Journal, run: RunRecord) -> bool:
    return flow_of(run).keeps_images and run.state in _ENDED and not is_accepted(journal, run.id)


def _kept(journal: Journal, run: RunRecord) -> Mapping[str, Any]:
    """By service, what the run kept of the release before it."""
    found: Mapping[str, Any] = journal.facts(run.id, "pull").get("running", {})
    return found


def _let_go(host: Host, journal: Journal, run: RunRecord) -> int:
    services = _kept(journal, run)
    for service in services:
        host.stack.release(keep_name(run.id, service))
    for file in host.files.list(host.state.run(run.id)):
        if is_copy(file.name):
            host.files.remove(file)
    journal.note(run.id, WHOLE_RUN, {"accepted_at": time.time()})
    return len(services)

"""Holding the stack, and finding out who else does: what has no run in this login's journal hears nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.engine import lock
from avnwizard.engine.adopting import BY_HAND as EARLIER_JOURNAL
from avnwizard.engine.carried import within
from avnwizard.engine.holding import WITHOUT_RUN, described, elsewhere, folder, is_ours, way_on
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED, Action
from avnwizard.errors import BusyError, HostError, RefusedError
from avnwizard.flows.host import Host


@contextmanager
def holding(host: Host, *, run: str, kind: str) -> Iterator[None]:
    """Hold the stack's lock; afterwards the lock file says whether this login has left a run unfinished.

    Raises:
        BusyError: another process holds it.
        HostError: the lock file cannot be used.
    """
    with lock.held(host.lock, run=run, kind=kind, state_dir=host.state.folder):
        try:
            yield
        finally:
            with suppress(HostError):  # then the next login is shown that it is not known
                if not any(one.state in UNFINISHED for one in host.journal().runs()):
                    lock.settle(host.lock, host.state.folder)


def is_live(host: Host, run: str) -> bool:
    """Whether a process carries that run now, by itself or as a step of another run."""
    live = lock.holder(host.lock).get("run")
    return live == run or (bool(live) and within(host.journal(), run) == live)


def post(host: Host, action: Action, run: str = "") -> str:
    """Ask the live run for something; the run's name.

    Args:
        run: the run that is meant; "" is whichever is live.

    Raises:
        RefusedError: no run is live, or none that hears what is asked here.
    """
    found = lock.holder(host.lock)
    if not found:
        raise RefusedError("No run is live.", "avnwizard runs")
    require_reachable(host, found, "paused or stopped", verb=action)
    if run and found["run"] != run:
        raise RefusedError(f"Run {run} is not live any more.", "avnwizard runs")
    journal = host.journal()
    journal.run(found["run"])  # raises where the journal does not know it: nobody would hear
    journal.post(found["run"], action)
    if lock.holder(host.lock).get("run") != found["run"] and journal.asked(found["run"], action):
        raise RefusedError(f"Run {found['run']} ended before it heard that.", "avnwizard runs")
    return found["run"]


def require_reachable(host: Host, found: Mapping[str, str], deed: str, *, verb: str) -> None:
    """Refuse where the holder of the stack has no run in this login's journal.

    Args:
        deed: what was asked for: "watched", "paused or stopped".
        verb: the command that does it where the holder's journal is.
    """
    if is_ours(found, host.state.folder) and found.get("kind") not in WITHOUT_RUN:
        return
    where = ""
    if not is_ours(found, host.state.folder):
        where = f" Its journal is in {found.get('state_dir', 'another place')}, not in {folder(host.state.folder)}."
    raise RefusedError(
        f"{printable(described(found))} holds this stack; it cannot be {deed} from here.{printable(where)}",
        printable(way_on(found, host.state.folder, verb)),
    )


def require_free(host: Host) -> None:
    """Refuse where anybody holds the stack.

    Raises:
        BusyError: it says who, and what reaches him.
    """
    if found := lock.holder(host.lock):
        raise BusyError(
            f"{printable(described(found))} holds this stack.", printable(way_on(found, host.state.folder))
        )


def require_no_other(host: Host) -> None:
    """Refuse where this login has no run to speak of, but another one has.

    Raises:
        RefusedError: it says whose, and what reaches it.
    """
    for finding in unfinished_business(host):
        raise RefusedError(finding.message, finding.hint)


def unfinished_business(host: Host) -> Iterator[Finding]:
    """Apart from this login's own runs: who holds the stack, and what others left."""
    found = lock.holder(host.lock)
    ours = is_ours(found, host.state.folder)
    if found and (not ours or found.get("kind") in WITHOUT_RUN):
        yield Finding(
            "runs",
            "warn" if ours else "stop",
            f"{printable(described(found))} holds this stack.",
            printable(way_on(found, host.state.folder)),
        )
    yield from _elsewhere(host, but=found.get("state_dir", ""))


def _elsewhere(host: Host, *, but: str = "") -> Iterator[Finding]:
    """What logins with another state folder may have left; `but` holds the stack now."""
    for name, user in lock.unsettled(host.lock).items():
        if name in {folder(host.state.folder), but}:
            continue
        whose = user or "another login"
        try:
            message = _left_behind(Path(name), whose, host.state.journal.name)
        except HostError:
            message = (
                f"{whose[:1].upper()}{whose[1:]} used avnwizard on this stack, and the journal in {name} cannot be "
                "read from here: whether a run is unfinished is not known."
            )
        if message:
            yield Finding("runs", "stop", printable(message), printable(elsewhere(name, user, "check")))


def _left_behind(state_dir: Path, whose: str, journal: str) -> str:
    """What is unfinished in another login's folder; "" where nothing is.

    Raises:
        HostError: it cannot be read.
    """
    for file in (journal, EARLIER_JOURNAL):
        for run in Journal.look(state_dir / file):
            if run.state in UNFINISHED:
                what = f"Run {run.id} ({run.title}) of {whose} is unfinished ({run.state})"
                return f"{what}; its journal is in {state_dir}."
    return ""

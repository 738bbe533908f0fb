"""The canary alongside a run: before its first step, every few seconds, and after its last. It never stops a run."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from avnwizard.domain.canary.tally import PHASES, CanaryTally
from avnwizard.domain.plain import printable
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.errors import WizardError
from avnwizard.flows.canary import keeping, memory
from avnwizard.flows.canary.doors import find_doors
from avnwizard.flows.canary.user import User
from avnwizard.flows.host import Host
from avnwizard.planned import StepKind

_LEAVE_S = 60.0
"""So long the round that is under way is waited for: a few requests of at most 10 s."""
_PUT_BACK = frozenset({StepKind.RESTORE, StepKind.DATA})


@contextmanager
def accompanied(host: Host, journal: Journal, feed: FeedWriter, run: str) -> Iterator[None]:
    """Have the canary go along while the body runs, where one is set up."""
    watch = _begun(host, journal, feed, run)
    try:
        yield
    finally:
        if watch:
            watch.end()


def _begun(host: Host, journal: Journal, feed: FeedWriter, run: str) -> "CanaryWatch | None":
    if host.caller is None or not host.config.canary.enabled or not keeping.is_set_up(host):
        return None
    try:
        return CanaryWatch(host, journal, feed, run)
    except Exception as error:  # noqa: BLE001 - a run is not stopped because nobody can sign in for it
        feed.emit("say", "", f"the canary stays behind: {_told(error)}; the run goes on")
        return None


class CanaryWatch:
    """One canary, one run."""

    def __init__(self, host: Host, journal: Journal, feed: FeedWriter, run: str) -> None:
        assert host.caller is not None
        self._host, self._journal, self._feed, self._run = host, journal, feed, run
        self._folder = host.state.run(run)
        self._tally = memory.load(host.files, self._folder) or CanaryTally()
        kept, doors = keeping.load(host), find_doors(host)
        self._user = User(host.caller, doors, kept, self._tally, lambda: keeping.save(host, kept), host.clock.sleep)
        for name in doors.missing:
            self._tally.note(f"{name} is left out: this stack has none, or [canary] says so")
        if kept.held.run != run or not self._tally.checks:
            feed.emit("say", "", "the canary signs in before the run")
            self._user.round("before")
            self._user.take(run)
        self._tell()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_along, name="canary", daemon=True)
        self._thread.start()

    def _go_along(self) -> None:
        while not self._stop.wait(self._host.config.canary.every_s):
            try:
                self._user.round("during")
                self._tell()
            except Exception as error:  # noqa: BLE001 - as above
                self._tally.note(f"the canary broke off during the run: {_told(error)}")
                return

    def end(self) -> None:
        """Stop, and look whether everything works that worked before, where the run is done."""
        try:
            self._stop.set()
            self._thread.join(_LEAVE_S)
            steps = self._journal.steps(self._run)
            if all(step.state == "done" for step in steps):
                self._judge(put_back=any(step.kind in _PUT_BACK for step in steps))
            self._tell()
        except Exception as error:  # noqa: BLE001 - as above
            self._feed.emit("say", "", f"the canary ended badly: {_told(error)}")

    def _judge(self, *, put_back: bool) -> None:
        for by_phase in self._tally.checks.values():
            by_phase.pop("after", None)  # of an earlier end of the same run
        gone = self._user.gone() if put_back else ()
        if gone:
            names = " and ".join(gone)
            self._tally.note(
                f"the databases went back to before the canary's account at {names}: make it again with "
                "avnwizard canary remove and avnwizard canary setup"
            )
            return
        if put_back:
            self._tally.note("the databases went back, and what was issued since with them: that is not judged")
        else:
            self._user.use()
        self._user.round("after")
        self._tally.judged = True
        for sentence in self._tally.sentences():
            self._feed.emit("say", "", sentence)

    def _tell(self) -> None:
        memory.save(self._host.files, self._folder, self._tally)
        tried, failed = (sum(self._tally.rounds(phase)[at] for phase in PHASES) for at in (0, 1))
        self._feed.emit(
            "canary", "", self._tally.summary(), tried=tried, failed=failed, broken=list(self._tally.broken)
        )


def _told(error: Exception) -> str:
    return printable(error.message if isinstance(error, WizardError) else type(error).__name__, limit=200)

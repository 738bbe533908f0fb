"""What the canary tries in a round, and whether what it was given before a run still works after it."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from avnwizard.domain.canary.tally import CanaryTally, Phase
from avnwizard.flows.canary.doors import Doors
from avnwizard.flows.canary.failed import FailedError
from avnwizard.flows.canary.hydra import Hydra
from avnwizard.flows.canary.keeping import Held, Kept
from avnwizard.flows.canary.kratos import Kratos
from avnwizard.ports.canary import Caller

_TRIES = 3
"""After a run a check fails when nobody answered so often in a row; a clear refusal is believed at once."""


@dataclass
class User:
    """The synthetic user of one stack.

    Attributes:
        save: keeps `kept`, durably: a grant that was used up must never be all that is on the disk.
        sleep: waits some seconds.
    """

    caller: Caller
    doors: Doors
    kept: Kept
    tally: CanaryTally
    save: Callable[[], None]
    sleep: Callable[[float], None]
    _kratos: Kratos | None = field(init=False, default=None)
    _hydra: Hydra | None = field(init=False, default=None)
    _id_token: str = field(init=False, default="", repr=False)
    _tries: int = field(init=False, default=_TRIES)

    def __post_init__(self) -> None:
        """What the canary has accounts at."""
        if self.doors.kratos and self.kept.identity:
            self._kratos = Kratos(self.caller, self.doors.kratos)
        if self.doors.hydra and self.kept.client:
            self._hydra = Hydra(self.caller, self.doors.hydra, self.kept.client, self.kept.secret)

    def round(self, phase: Phase) -> None:
        """Try everything once; after a run, up to three times until it works."""
        if self._kratos:
            self._round_at_kratos(self._kratos, phase)
        if self._hydra:
            self._round_at_hydra(self._hydra, phase)

    def take(self, run: str) -> None:
        """Have things issued that are to be used again after the run."""
        held, kept = Held(run), self.kept
        kept.spare = kept.spare or kept.held.refresh
        if self._kratos and kept.held.session:
            self._kratos.sign_out(kept.held.session)  # of the run before
        kept.held = held
        if (kratos := self._kratos) and not self._failed("sign-in"):
            held.session = self._got("session-held", lambda: kratos.sign_in(kept.identifier, kept.password))
        if (hydra := self._hydra) and not self._failed("token"):
            held.access = self._got("token-held", lambda: self._access(hydra, held))
            held.refresh = self._got("grant-held", lambda: self._spare(hydra))
            kept.spare = ""
            held.id_token = self._id_token
        self.save()

    def use(self) -> None:
        """Use what was issued before the run; what was not, or has expired by its own lifespan, is not judged."""
        held = self.kept.held
        if held.session and (kratos := self._kratos):
            self._try("session-held", "after", lambda: kratos.check(held.session, self.kept.identity))
        if hydra := self._hydra:
            if held.access and held.access_until > time.time():
                self._try("token-held", "after", lambda: hydra.introspect(held.access))
            if held.id_token:
                self._try("id-token-held", "after", lambda: hydra.verify(held.id_token))
            if held.refresh:
                self._try("grant-held", "after", lambda: self._use_grant(hydra, held))

    def gone(self) -> tuple[str, ...]:
        """The accounts that are no longer there: a restore may have put a database back to before them."""
        found = []
        if self._kratos and not self._kratos.exists(self.kept.identity):
            found.append("Kratos")
        if self._hydra and not self._hydra.exists():
            found.append("Hydra")
        return tuple(found)

    def _round_at_kratos(self, kratos: Kratos, phase: Phase) -> None:
        kept, session = self.kept, [""]

        def sign_in() -> None:
            session[0] = kratos.sign_in(kept.identifier, kept.password)

        if self._try("sign-in", phase, sign_in):
            self._try("session", phase, lambda: kratos.check(session[0], kept.identity))
            kratos.sign_out(session[0])

    def _round_at_hydra(self, hydra: Hydra, phase: Phase) -> None:
        token = [""]

        def get() -> None:
            token[0] = hydra.token()[0]

        def refresh() -> None:
            self._id_token = self._refresh(hydra)

        if self._try("token", phase, get):
            self._try("introspection", phase, lambda: hydra.introspect(token[0]))
            hydra.revoke(token[0])
        if self._try("refresh", phase, refresh):
            self._try("id-token", phase, lambda: hydra.verify(self._id_token))

    def _refresh(self, hydra: Hydra) -> str:
        """Refresh the grant of the rounds; the ID token that comes with it.

        Hydra accepts a refresh token once. So it is written down first that one is being used, and a grant whose
        answer was lost is replaced by a new one, as people would sign in again.
        """
        kept = self.kept
        if kept.refreshing or not kept.grant:
            kept.grant, id_token = hydra.grant()
            kept.refreshing = False
            self.save()
            return id_token
        kept.refreshing = True
        self.save()
        try:
            kept.grant, id_token = hydra.refresh(kept.grant)
        except FailedError as error:
            if not error.unsettled:
                kept.grant = ""
            raise
        kept.refreshing = False
        self.save()
        return id_token

    def _access(self, hydra: Hydra, held: Held) -> str:
        token, good_s = hydra.token()
        held.access_until = time.time() + good_s
        return token

    def _spare(self, hydra: Hydra) -> str:
        """A grant that nobody uses until the run is over: the last run's, as old as it may be, or a new one."""
        if self.kept.spare:
            with suppress(FailedError):
                hydra.introspect(self.kept.spare)
                return self.kept.spare
        return hydra.grant()[0]

    def _use_grant(self, hydra: Hydra, held: Held) -> None:
        grant, held.refresh = held.refresh, ""
        try:
            self.kept.spare, _ = hydra.refresh(grant)
        except FailedError:
            held.refresh = grant
            raise
        finally:
            self.save()

    def _failed(self, check: str) -> bool:
        """Whether it did before the run: then nothing is asked for that would only be waited for."""
        before = self.tally.checks.get(check, {}).get("before")
        return before is not None and before.failed > 0

    def _got(self, check: str, deed: Callable[[], str]) -> str:
        """What was issued; "" where that failed, which is counted as before the run."""
        try:
            found = deed()
        except FailedError as error:
            self.tally.add(check, "before", error.why)
            return ""
        self.tally.add(check, "before", "")
        return found

    def _try(self, check: str, phase: Phase, deed: Callable[[], None]) -> bool:
        for left in reversed(range(self._tries if phase == "after" else 1)):
            try:
                deed()
            except FailedError as error:
                if left and error.unsettled:
                    self.sleep(1.0)
                    continue
                if error.unsettled:
                    self._tries = 1  # nobody waits three times for each thing that a silent service owes
                self.tally.add(check, phase, error.why)
                return False
            break
        self.tally.add(check, phase, "")
        return True

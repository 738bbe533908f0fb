"""What is kept under which secret: counted row by row, and what dropping the old secret would cost now."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from avnwizard.domain.rotation.sealing import Opened

KEYS = "hydra_jwk"
REGISTRATIONS = "hydra_client"
TOKENS = {
    "hydra_oauth2_access": ("access token", "access_token"),
    "hydra_oauth2_refresh": ("refresh token", "refresh_token"),
    "hydra_oauth2_code": ("authorization code", "authorize_code"),
    "hydra_oauth2_device_auth_codes": ("device code", "device_code"),
}
"""Table -> what a client holds of its rows, and under which name a row's session says when that expires."""
_ROUNDING_S = 2.0
"""Hydra rounds `requested_at` to the second."""


@dataclass(frozen=True)
class Row:
    """One sealed row. Times are seconds since the epoch; None where the row has none.

    Attributes:
        opened: None where no secret opens it.
        active: whether Hydra still accepts what the client holds of it.
    """

    table: str
    opened: Opened | None
    active: bool = True
    expires_at: float | None = None
    requested_at: float | None = None


@dataclass
class Counted:
    """The rows of one table.

    Attributes:
        new, old, plain, unreadable: all rows, by what opens them.
        needing: living ones that are of no use once the old secret is gone.
        endless: those of `needing` that never expire.
        last_expiry: when the last of the other `needing` expires; 0.0 where there is none.
    """

    new: int = 0
    old: int = 0
    plain: int = 0
    unreadable: int = 0
    needing: int = 0
    endless: int = 0
    last_expiry: float = 0.0


@dataclass
class Tally:
    """All that is sealed under a Hydra's secrets.

    Attributes:
        now: the server's time of the count.
        registrations: registration tokens of dynamic clients that need the old secret; they never expire.
    """

    now: float
    tables: dict[str, Counted] = field(default_factory=dict)
    registrations: int = 0

    def add(self, row: Row, *, written_at: float | None, by_age: bool = False) -> None:
        """Count a row; the new secret is the first of the keyring.

        Args:
            written_at: since when everything is written with the new secret; None while nothing is.
            by_age: whether rows of living tokens were sealed again, so that only their age shows who signed them.
        """
        counted = self.tables.setdefault(row.table, Counted())
        if row.opened is None:
            counted.unreadable += 1
            return
        under = row.opened.under
        counted.new += under == 0
        counted.old += bool(under)
        counted.plain += under is None
        expires_at = row.expires_at if row.expires_at is not None else _expiry(row)
        living = row.active and (expires_at is None or expires_at > self.now)
        if living and _needs_old(row, None if by_age and under == 0 else under, written_at):
            counted.needing += 1
            counted.endless += expires_at is None
            counted.last_expiry = max(counted.last_expiry, expires_at or 0.0)

    @property
    def old_keys(self) -> int:
        """Signing keys under the old secret."""
        return self.tables[KEYS].old if KEYS in self.tables else 0

    @property
    def under_new(self) -> int:
        """All rows under the new secret."""
        return sum(one.new for one in self.tables.values())

    @property
    def unreadable(self) -> int:
        """Rows that none of the secrets opens."""
        return sum(one.unreadable for one in self.tables.values())

    @property
    def sessions(self) -> int:
        """What ends when the old secret goes now: tokens and codes that clients hold."""
        return sum(self.tables[name].needing for name in TOKENS if name in self.tables) + self.registrations

    @property
    def safe_at(self) -> float | None:
        """From when nothing that expires needs the old secret; None where something never expires."""
        tokens = [self.tables[name] for name in TOKENS if name in self.tables]
        if self.registrations or any(one.endless for one in tokens):
            return None
        return max([self.now, *(one.last_expiry for one in tokens)])

    def sentences(self) -> tuple[str, ...]:
        """What still needs the old secret, a sentence each; () where nothing does."""
        return (*self._tokens(), *self._standing())

    def _tokens(self) -> Sequence[str]:
        found = []
        for table, (word, _) in TOKENS.items():
            one = self.tables.get(table, Counted())
            if not one.needing:
                continue
            needs = "needs" if one.needing == 1 else "need"
            text = f"{one.needing:,} {word}{'' if one.needing == 1 else 's'} still {needs} the old secret"
            if one.last_expiry:
                text += f"; the last expires on {day(one.last_expiry)}"
            if one.endless:
                text += f"; {one.endless:,} never {'expires' if one.endless == 1 else 'expire'}"
            found.append(f"{text}.")
        return found

    def _standing(self) -> Sequence[str]:
        found = []
        if self.registrations:
            tokens = "registration token" if self.registrations == 1 else "registration tokens"
            found.append(
                f"{self.registrations:,} {tokens} of dynamically registered clients would die for good: they never "
                "expire, and nobody can tell which of them are still used."
            )
        if self.old_keys:
            found.append(f"{self.old_keys:,} signing keys are sealed under the old secret.")
        if self.unreadable:
            found.append(f"{self.unreadable:,} rows are under neither secret: nobody can read them, Hydra included.")
        return found


def day(seconds: float) -> str:
    """A moment, to the minute, in this host's time: "24 December 2026, 13:05"."""
    moment = time.localtime(seconds)
    return f"{moment.tm_mday} {time.strftime('%B %Y, %H:%M', moment)}"


def date(seconds: float) -> str:
    """A day, short: "24 Dec 2026"."""
    moment = time.localtime(seconds)
    return f"{moment.tm_mday} {time.strftime('%b %Y', moment)}"


def _needs_old(row: Row, under: int | None, written_at: float | None) -> bool:
    """Whether a living row is of no use without the old secret.

    Which secret signed a token is not in its row (fosite keeps the signature alone); the same request sealed the
    row's session with the same secret, so that shows it. Where it does not (None), the row goes by its age.
    """
    if under is not None:
        return under > 0
    if row.table not in TOKENS:
        return False
    return written_at is None or row.requested_at is None or row.requested_at <= written_at + _ROUNDING_S


def _expiry(row: Row) -> float | None:
    """What the row's session says, where its column says nothing (rows older than Hydra 2.3); None for never."""
    if row.table not in TOKENS or row.opened is None:
        return None
    from datetime import datetime

    try:
        told = json.loads(row.opened.plaintext)["expires_at"][TOKENS[row.table][1]]
        found = datetime.fromisoformat(told).timestamp()
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return found if found > 0 else None

"""Which generation of secrets something belongs to: salted fingerprints, which say "the same" and nothing else."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from avnwizard.domain.secret import Secret

_SALT_BYTES, _SHOWN = 16, 32


@dataclass(frozen=True)
class Generation:
    """A list of secrets by fingerprints, in the list's order.

    Attributes:
        name: whose secrets these are: "hydra".
        salt: of these fingerprints alone, so that two of one secret look unlike.
    """

    name: str
    salt: str
    prints: tuple[str, ...]

    @classmethod
    def of(cls, name: str, found: Sequence[Secret]) -> Self:
        """With a new salt."""
        salt = secrets.token_hex(_SALT_BYTES)
        return cls(name, salt, tuple(fingerprint(salt, one) for one in found))

    def missing_in(self, found: Sequence[Secret]) -> int:
        """How many of its secrets are not among some others."""
        there = {fingerprint(self.salt, one) for one in found}
        return sum(one not in there for one in self.prints)


def fingerprint(salt: str, secret: Secret) -> str:
    """HMAC-SHA-256 of a secret, cut to 128 bits. A secret has at least 16 characters, so it cannot be guessed."""
    return hmac.new(bytes.fromhex(salt), secret.reveal().encode(), hashlib.sha256).hexdigest()[:_SHOWN]

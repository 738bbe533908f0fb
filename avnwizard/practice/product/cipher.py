"""How the stand-in for Hydra keeps its rows at rest: as Hydra does, unreadable once their secret was dropped."""

import hashlib

from avnwizard.domain.rotation.lists import read_list
from avnwizard.domain.rotation.sealing import Keyring
from avnwizard.domain.secret import Secret

_NONCE_BYTES = 12


class UnreadableRowError(ValueError):
    """None of the system secrets opens the row."""


def secrets_list(value: str) -> tuple[str, ...]:
    """The secrets of a `SECRETS_SYSTEM` value, newest first."""
    return tuple(one.reveal() for one in read_list(value))


def seal(secret: str, plaintext: bytes, *, nonce_from: str) -> str:
    """The row under `secret`. The nonce follows from `nonce_from`, so that seeded rows are reproducible."""
    nonce = hashlib.sha256(nonce_from.encode()).digest()[:_NONCE_BYTES]
    return Keyring([Secret(secret)]).seal(plaintext, nonce=nonce)


def open_sealed(secrets: tuple[str, ...], sealed: str) -> bytes:
    """The plaintext of a row, by the first of `secrets` that fits; `UnreadableRowError` when none does."""
    found = Keyring([Secret(one) for one in secrets]).open(sealed)
    if found is None:
        raise UnreadableRowError(f"none of the {len(secrets)} system secrets opens this row")
    return found.plaintext

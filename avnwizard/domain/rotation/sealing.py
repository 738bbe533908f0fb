"""How Hydra seals what it keeps: AES-256-GCM under the SHA-256 of a secret (aead/aesgcm.go, v2.0.3 to v26.2.0).

A row holds base64url, with padding, of nonce (12 bytes), ciphertext and tag (16 bytes), without additional data. With
`oauth2.session.encrypt_at_rest: false` it holds plain JSON.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from avnwizard.domain.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES, _TAG_BYTES = 12, 16


@dataclass(frozen=True)
class Opened:
    """A row that was read. `under` is the place of the secret in the keyring, None for a row in plain JSON."""

    under: int | None
    plaintext: bytes


class Keyring:
    """Some secrets, each with its key.

    Args:
        secrets: the order is that in which they are tried.
    """

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._ciphers = [_cipher(one) for one in secrets]

    def open(self, sealed: str) -> Opened | None:
        """The row's content, and under which secret it is; None where none of them opens it."""
        from cryptography.exceptions import InvalidTag

        if sealed.startswith("{"):
            return Opened(None, sealed.encode())
        try:
            raw = base64.b64decode(sealed, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(raw) < _NONCE_BYTES + _TAG_BYTES:
            return None
        nonce, rest = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        for place, cipher in enumerate(self._ciphers):
            try:
                return Opened(place, cipher.decrypt(nonce, rest, None))
            except InvalidTag:
                continue
        return None

    def seal(self, plaintext: bytes, *, under: int = 0, nonce: bytes | None = None) -> str:
        """A row under one of the secrets.

        Args:
            nonce: for rows that must be the same each time, as in a practice stack; a random one otherwise.
        """
        nonce = os.urandom(_NONCE_BYTES) if nonce is None else nonce
        return base64.urlsafe_b64encode(nonce + self._ciphers[under].encrypt(nonce, plaintext, None)).decode()


def _cipher(secret: Secret) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hashlib.sha256(secret.reveal().encode()).digest())

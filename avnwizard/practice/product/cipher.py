"""How the stand-in for Hydra keeps its rows at rest: sealed under a system secret, and unreadable without it.

Enough to behave as Hydra does under secret rotation; not a cipher to protect anything with. Standard library
only, because the stand-in images carry this very file.
"""

import base64
import hashlib
import hmac

_NONCE_BYTES = 12
_TAG_BYTES = 16


class UnreadableRowError(ValueError):
    """None of the system secrets opens the row."""


def secrets_list(value: str) -> tuple[str, ...]:
    """The secrets of a `SECRETS_SYSTEM` value, newest first."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def seal(secret: str, plaintext: bytes, *, nonce_from: str) -> str:
    """The row under `secret`. The nonce follows from `nonce_from`, so that seeded rows are reproducible."""
    key = hashlib.sha256(secret.encode()).digest()
    nonce = hashlib.sha256(nonce_from.encode()).digest()[:_NONCE_BYTES]
    body = _stream(key, nonce, plaintext)
    return base64.urlsafe_b64encode(nonce + _tag(key, nonce + body) + body).decode()


def open_sealed(secrets: tuple[str, ...], sealed: str) -> bytes:
    """The plaintext of a row, by the first of `secrets` that fits; `UnreadableRowError` when none does."""
    raw = base64.urlsafe_b64decode(sealed)
    nonce, tag, body = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:][:_TAG_BYTES], raw[_NONCE_BYTES + _TAG_BYTES :]
    for secret in secrets:
        key = hashlib.sha256(secret.encode()).digest()
        if hmac.compare_digest(tag, _tag(key, nonce + body)):
            return _stream(key, nonce, body)
    raise UnreadableRowError(f"none of the {len(secrets)} system secrets opens this row")


def _tag(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, b"tag" + data, "sha256")[:_TAG_BYTES]


def _stream(key: bytes, nonce: bytes, data: bytes) -> bytes:
    blocks = range(-(-len(data) // 32))
    pad = b"".join(hmac.digest(key, nonce + block.to_bytes(4, "big"), "sha256") for block in blocks)
    return bytes(left ^ right for left, right in zip(data, pad, strict=False))

"""How the stand-in for Hydra seals its rows: AES-256-GCM by OpenSSL itself, which is in every image with Python.

The package's own code uses another library for the same; a test has each open what the other sealed.
"""

import base64
import ctypes
import hashlib
from functools import cache

_NONCE_BYTES, _TAG_BYTES = 12, 16
_GET_TAG, _SET_TAG = 0x10, 0x11
"""EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG (openssl/evp.h)."""


class UnreadableRowError(ValueError):
    """None of the system secrets opens the row."""


def secrets_list(value: str) -> tuple[str, ...]:
    """The secrets of a `SECRETS_SYSTEM` value, newest first."""
    return tuple(value.split(",")) if value else ()


def seal(secret: str, plaintext: bytes, *, nonce_from: str) -> str:
    """The row under `secret`."""
    nonce = hashlib.sha256(nonce_from.encode()).digest()[:_NONCE_BYTES]
    body, tag = _run(secret, nonce, plaintext, None)
    return base64.urlsafe_b64encode(nonce + body + tag).decode()


def open_sealed(secrets: tuple[str, ...], sealed: str) -> bytes:
    """The plaintext of a row, by the first of `secrets` that fits; `UnreadableRowError` when none does."""
    raw = base64.urlsafe_b64decode(sealed)
    nonce, body, tag = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:-_TAG_BYTES], raw[-_TAG_BYTES:]
    for secret in secrets:
        plaintext, right = _run(secret, nonce, body, tag)
        if right:
            return plaintext
    raise UnreadableRowError(f"none of the {len(secrets)} system secrets opens this row")


def _run(secret: str, nonce: bytes, data: bytes, tag: bytes | None) -> tuple[bytes, bytes]:
    """Encrypt (no tag given) or decrypt: the result, and the tag; when decrypting, b"" for a tag that is wrong."""
    evp, encrypt = _libcrypto(), tag is None
    context, key = evp.EVP_CIPHER_CTX_new(), hashlib.sha256(secret.encode()).digest()
    out, length, rest = ctypes.create_string_buffer(len(data) + 16), ctypes.c_int(), ctypes.c_int()
    try:
        evp.EVP_CipherInit_ex(context, evp.EVP_aes_256_gcm(), None, key, nonce, int(encrypt))
        evp.EVP_CipherUpdate(context, out, ctypes.byref(length), data, len(data))
        if tag is not None:
            evp.EVP_CIPHER_CTX_ctrl(context, _SET_TAG, _TAG_BYTES, tag)
        right = evp.EVP_CipherFinal_ex(context, ctypes.byref(out, length.value), ctypes.byref(rest)) == 1
        made = ctypes.create_string_buffer(_TAG_BYTES)
        if encrypt:
            evp.EVP_CIPHER_CTX_ctrl(context, _GET_TAG, _TAG_BYTES, made)
        return out.raw[: length.value + rest.value], made.raw if right else b""
    finally:
        evp.EVP_CIPHER_CTX_free(context)


@cache
def _libcrypto() -> ctypes.CDLL:
    found = ctypes.CDLL("libcrypto.so.3")
    found.EVP_CIPHER_CTX_new.restype = found.EVP_aes_256_gcm.restype = ctypes.c_void_p
    pointer = ctypes.c_void_p
    found.EVP_CipherInit_ex.argtypes = [pointer, pointer, pointer, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]
    found.EVP_CipherUpdate.argtypes = [pointer, pointer, pointer, ctypes.c_char_p, ctypes.c_int]
    found.EVP_CipherFinal_ex.argtypes = [pointer, pointer, pointer]
    found.EVP_CIPHER_CTX_ctrl.argtypes = [pointer, ctypes.c_int, ctypes.c_int, pointer]
    found.EVP_CIPHER_CTX_free.argtypes = [pointer]
    return found

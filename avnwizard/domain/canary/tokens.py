"""An ID token and the keys that sign them: JSON Web Signatures (RFC 7515) by JSON Web Keys (RFC 7517, RFC 7518)."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

_COORDINATE_BYTES = 32


def key_id(token: str) -> str:
    """The id of the key that signed a token; "" where it names none or is no token."""
    try:
        return str(json.loads(_bytes(token.partition(".")[0])).get("kid") or "")
    except (ValueError, AttributeError):
        return ""


def why_not_signed(token: str, keys: Sequence[Mapping[str, Any]]) -> str:
    """Why a token's signature is not one by these keys; "" where it is. RS256 and ES256, which Ory Hydra uses."""
    from cryptography.exceptions import InvalidSignature

    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        return "it is no signed token"
    kid = key_id(token)
    key = next((one for one in keys if one.get("kid") == kid), None)
    if key is None:
        return "the key that signed it is not among the published keys"
    try:
        _check(str(json.loads(_bytes(parts[0])).get("alg")), key, f"{parts[0]}.{parts[1]}".encode(), _bytes(parts[2]))
    except InvalidSignature:
        return "its signature does not verify"
    except (ValueError, KeyError, TypeError):
        return "its key or its algorithm is not one that avnwizard can check"
    return ""


def _check(algorithm: str, key: Mapping[str, Any], signed: bytes, signature: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    if algorithm == "RS256" and key.get("kty") == "RSA":
        public = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
        public.verify(signature, signed, padding.PKCS1v15(), SHA256())
        return
    if algorithm == "ES256" and key.get("crv") == "P-256" and len(signature) == 2 * _COORDINATE_BYTES:
        numbers = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), ec.SECP256R1())
        first, second = signature[:_COORDINATE_BYTES], signature[_COORDINATE_BYTES:]
        pair = utils.encode_dss_signature(int.from_bytes(first, "big"), int.from_bytes(second, "big"))
        numbers.public_key().verify(pair, signed, ec.ECDSA(SHA256()))
        return
    raise ValueError(algorithm)


def _number(text: Any) -> int:
    return int.from_bytes(_bytes(str(text)), "big")


def _bytes(text: str) -> bytes:
    """Base64url without padding; `ValueError` where it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("no base64url") from error

"""A list of secrets in one variable, read as Ory's services read it, and what a new secret must look like.

ory/x configx (koanf_env.go, castx.go; Hydra v2.0.3 to v26.2.0): a value that is valid JSON is decoded as JSON, where
an array is the list and anything else becomes nothing; every other value is the first record of a CSV text. A blank
after a comma belongs to the secret, and a bare quote empties the list without a word.
"""

import json
from collections.abc import Sequence
from itertools import pairwise

from avnwizard.domain.secret import Secret
from avnwizard.errors import RefusedError

SHORTEST = 16
"""Ory Hydra and Kratos refuse to start with a shorter system or cookie secret (their configuration schemas)."""
_WAY_ON = "Write the secrets apart by commas alone, each of letters and digits. Then give the command again."


def read_list(value: str) -> tuple[Secret, ...]:
    """The secrets in a variable's value, the one that encrypts first; () where the service would find none.

    Raises:
        RefusedError: a quote or a line break is in it, which the services read in ways of their own.
    """
    if not value:
        return ()
    if (decoded := _as_json(value)) is not None:
        return decoded
    if any(char in value for char in '"\r\n'):
        raise RefusedError("A quote or a line break is in the list of secrets.", _WAY_ON)
    return tuple(map(Secret, value.split(",")))


def written_list(secrets: Sequence[Secret]) -> str:
    """The value that stands for these secrets.

    Raises:
        RefusedError: the service would read it otherwise.
    """
    value = ",".join(one.reveal() for one in secrets)
    if read_list(value) != tuple(secrets):
        raise RefusedError("These secrets cannot be written as a list.", _WAY_ON)
    return value


def require_sound(secrets: Sequence[Secret], variable: str, *, length: int = 0) -> None:
    """Refuse a list that the service would not use as it is meant; the message holds no secret.

    Args:
        length: that each must have, in characters; 0 for at least 16.

    Raises:
        RefusedError: it is empty, or one is too short, has a blank at an end, is no plain text, or is there twice.
    """
    texts = [one.reveal() for one in secrets]
    if not texts:
        raise RefusedError(f"{variable} holds no secret that the service could read.", _WAY_ON)
    for number, text in enumerate(texts, start=1):
        if text != text.strip():
            what = f"has a blank at one end, which belongs to the secret: the service takes {len(text)} characters"
        elif len(text) < SHORTEST:
            what = f"is shorter than {SHORTEST} characters"
        elif not (text.isascii() and text.isprintable()):
            what = "holds characters that are not printable ASCII"
        elif length and len(text) != length:
            what = f"has {len(text)} characters: the service drops what has not exactly {length}, without a word"
        else:
            continue
        raise RefusedError(f"Secret {number} of {len(texts)} in {variable} {what}.", _WAY_ON)
    if any(one == other for one, other in pairwise(sorted(texts))):
        raise RefusedError(f"{variable} names the same secret twice.", "Remove one of the two.")


def _as_json(value: str) -> tuple[Secret, ...] | None:
    """What JSON makes of it; None where it is no JSON."""
    try:
        found = json.loads(value, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list):
        return ()
    return tuple(Secret(one) for one in found if isinstance(one, str))


def _refuse(name: str) -> None:
    raise ValueError(name)

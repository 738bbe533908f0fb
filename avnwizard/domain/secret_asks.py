"""The secret that a release asks for: how long, of which characters; and the ones that nobody should have."""

import re
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.secret import Secret, generate

Alphabet = Literal["hex", "letters and digits"]
LEAST = 16
"""Characters of a secret: Hydra and Kratos refuse shorter ones (ory/hydra and ory/kratos, config.schema.json)."""
_HEX = re.compile(r"openssl rand -hex (\d{1,3})\b")
_BASE64 = re.compile(r"openssl rand (?:-base64|-out \S+ -base64) (\d{1,3})\b")
_CHARACTERS = re.compile(r"\b(\d{1,3})[- ](?:random )?(?:characters?|chars?|letters)\b")
_CIPHER = re.compile(r"(?:^|_)SECRETS?_CIPHER$")
_CIPHER_LENGTH = 32
"""Exactly: Kratos drops a cipher secret of another length without a word (ory/kratos, cipher/cipher.go)."""
_LONGEST = 512
_LETTERS = string.ascii_letters + string.digits
_KNOWN = frozenset(
    {
        "changeme",
        "secret",
        "password",
        "generate",
        "example",
        "default",
        "insecure",
        "admin",
        "test",
        "todo",
        "letmein",
    }
)


@dataclass(frozen=True)
class Asked:
    """How a secret is to be made."""

    length: int = 64
    alphabet: Alphabet = "hex"

    @property
    def told(self) -> str:
        """In words: `64 hex digits`."""
        return f"{self.length} {'hex digits' if self.alphabet == 'hex' else self.alphabet}"

    def make(self) -> Secret:
        """A new one."""
        if self.alphabet == "hex":
            return generate(self.length)
        return Secret("".join(secrets.choice(_LETTERS) for _ in range(self.length)))


def asked(key: str, said: Iterable[str]) -> Asked:
    """What a release asks of a variable, as its compose file and its notes say; else 64 hex digits.

    Args:
        said: texts about that variable alone.
    """
    if _CIPHER.search(key):
        return Asked(_CIPHER_LENGTH, "letters and digits")
    text = " ".join(" ".join(said).split())
    if found := _HEX.search(text):
        return Asked(_fitting(2 * int(found[1])))
    if found := _BASE64.search(text):
        return Asked(_fitting(-(-int(found[1]) * 4 // 3)), "letters and digits")
    if found := _CHARACTERS.search(text):
        return Asked(_fitting(int(found[1])), "letters and digits")
    return Asked()


def _fitting(length: int) -> int:
    return min(max(length, LEAST), _LONGEST)


def too_weak(value: str) -> str:
    """Why a value is no secret, without quoting it; "" where it may be one."""
    plain = re.sub(r"[^a-z]", "", value.lower())
    if plain in _KNOWN or any(plain == word * (len(plain) // len(word)) for word in _KNOWN if plain):
        return "it is a well-known word, and no secret"
    if len(value) < LEAST:
        return f"it is too short: a secret has at least {LEAST} characters"
    if len(set(value)) < LEAST // 4:
        return "it repeats the same few characters"
    return ""

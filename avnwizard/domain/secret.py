"""A value that must never be seen, and the names that tell one."""

import re
import secrets
from dataclasses import dataclass

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:SECRETS?|PASSWORDS?|PASSWD|PASS|PWD|TOKENS?|SALT|CREDENTIALS?|DSN|CIPHER|PEPPER"
    r"|(?:API|PRIVATE|ACCESS|ENCRYPTION|SIGNING|SECRET|MASTER)_?KEYS?|KEY)(?:_|$)",
    re.IGNORECASE,
)
_CREDENTIALS_IN_URL = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@]*:)[^\s@/]+@")
MASK = "***"


@dataclass(frozen=True)
class Secret:
    """Text whose repr and str are `***`; `reveal()` is the only way to it."""

    _value: str

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def reveal(self) -> str:
        """The text itself: for the env file and for a child's stdin, for nothing else."""
        return self._value


def is_secret_name(key: str) -> bool:
    """Whether a variable of that name is masked everywhere. Errs on the side of masking."""
    return bool(_SECRET_NAME.search(key))


def masked(key: str, value: str) -> str:
    """A variable's value as it may be shown: `***` for a secret, URL credentials blanked otherwise."""
    if value and is_secret_name(key):
        return MASK
    return redact_urls(value)


def redact_urls(text: str) -> str:
    """Text with the password in every `scheme://user:password@` blanked."""
    return _CREDENTIALS_IN_URL.sub(rf"\1{MASK}@", text)


def generate(length: int = 64) -> Secret:
    """A new secret of `length` hex digits, never all decimal digits.

    Hydra decodes an all-digit value in a YAML-typed variable to nothing (see TRAPS, Ory).
    """
    while True:
        value = secrets.token_hex((length + 1) // 2)[:length]
        if not value.isdigit():
            return Secret(value)

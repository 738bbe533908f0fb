"""A value that must never be seen, and what it is known by."""

import secrets
from dataclasses import dataclass

from avnwizard.domain.secret_names import is_secret_name
from avnwizard.domain.secret_shapes import is_noise, secret_spans

__all__ = ["MASK", "Secret", "generate", "is_secret_name", "masked", "pieces", "redact_urls"]

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


def masked(key: str, value: str) -> str:
    """A variable's value as it may be shown: `***` for a secret, else with what is secret in it blanked."""
    if value and is_secret_name(key):
        return MASK
    blanked = _blanked(value, secret_spans(value, whole=True))
    return MASK if is_noise(blanked) else blanked


def redact_urls(text: str) -> str:
    """Text with every credential in it blanked: in URLs, in parameters (`password=`), and known kinds of tokens."""
    return _blanked(text, secret_spans(text))


def pieces(key: str, value: str) -> list[str]:
    """What `masked` hides of a value, to be looked for in other texts."""
    found = [value[start:end] for start, end in secret_spans(value, whole=True)]
    passwords = [piece.partition(":")[2] or piece for piece in found]
    return [value, *passwords] if value and masked(key, value) == MASK else passwords


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        text = text[:start] + MASK + text[end:]
    return text


def generate(length: int = 64) -> Secret:
    """A new secret of `length` hex digits, never all decimal digits.

    Hydra decodes an all-digit value in a YAML-typed variable to nothing (see TRAPS, Ory).
    """
    while True:
        value = secrets.token_hex((length + 1) // 2)[:length]
        if not value.isdigit():
            return Secret(value)

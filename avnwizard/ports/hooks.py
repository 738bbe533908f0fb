"""What calls the operator's own commands and a webhook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Called:
    """How a command ended.

    Attributes:
        code: its exit code; None where it could not be started or took too long, which `trouble` says.
        lines: what it wrote, raw, the last lines of it.
    """

    code: int | None
    lines: tuple[str, ...] = ()
    trouble: str = ""


class Hooks(Protocol):
    """Calls out; nothing that it does raises."""

    def call(self, argv: Sequence[str], env: Mapping[str, str], timeout_s: float) -> Called:
        """Run a command, with `env` on top of a small environment that holds no secret."""

    def post(self, url: str, body: bytes, timeout_s: float) -> str:
        """POST a JSON document; "" where it was taken (2xx), else why not, without the address."""

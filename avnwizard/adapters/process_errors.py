"""Output of other programs is hostile text: shown cut, printable and without credentials, never interpreted."""

import shlex
from collections.abc import Sequence
from typing import NoReturn

from avnwizard.domain.secret import redact_urls
from avnwizard.errors import HostError

TAIL_LINES = 12
LINE_BYTES = 8192


def shown(argv: Sequence[str]) -> str:
    """A command as the operator could type it, redacted."""
    return redact_urls(printable(shlex.join(argv)))


def printable(text: str) -> str:
    """Text with control and escape characters made visible, so that no terminal obeys them."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def tail_of(output: bytes) -> str:
    """The last lines of an output, printable and redacted."""
    lines = output[-LINE_BYTES:].decode("utf-8", "replace").strip().splitlines()
    return redact_urls("\n".join(printable(line) for line in lines[-TAIL_LINES:]))


def fail(argv: Sequence[str], code: int, complaint: str, hint: str) -> NoReturn:
    """Raise the error of a command that failed."""
    how = f"was killed by signal {-code}" if code < 0 else f"failed with code {code}"
    raise HostError(f"`{shown(argv)}` {how}: {redact_urls(complaint) or '(it said nothing)'}", hint)

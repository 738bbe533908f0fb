"""How a long piece of work tells how far it is."""

from collections.abc import Callable

Progress = Callable[[int, int | None], None]
"""(bytes done, bytes in all or None where unknown)."""

"""How a long piece of work reports how far it is."""

from collections.abc import Callable

Progress = Callable[[int, int | None], None]
"""(bytes done, bytes in all or None where unknown)."""

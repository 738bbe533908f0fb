"""What a machine has for containers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Room:
    """What the engine's machine has for containers.

    Attributes:
        cpus: how many cores, 0 where that is not known.
        available_bytes: memory that new processes may take; None where it cannot be seen from here.
        used_bytes: service -> memory that its running containers take, as far as it is known.
    """

    cpus: int = 0
    available_bytes: int | None = None
    used_bytes: Mapping[str, int] = field(default_factory=dict)

"""What a test of a reader needs to know of it."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.fuzz.mutating import broken


@dataclass(frozen=True)
class Reader:
    """One reader.

    Attributes:
        sample: makes a text that it reads.
        read: reads one; whatever it raises but an error that can be shown is a bug.
        breaks: breaks the sample.
        share: of the count of mutations, as a divisor, where each takes long; the full count ignores it.
    """

    sample: Callable[[], str]
    read: Callable[[str], object]
    breaks: Callable[[str, random.Random], str] = broken
    share: int = 1

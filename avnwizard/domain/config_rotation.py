"""`[rotation]` of `avnwizard.toml`: when the old secret of a rotation may go."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

_CENTURY_S = 36500 * 86400


@dataclass(frozen=True)
class RotationSection:
    """`[rotation]`: how long both of Hydra's secrets are accepted.

    Attributes:
        window_s: seconds after phase 2 from which phase 3 drops the old secret although living tokens still need it,
            such as the guide's 300. It ends all of them, and the plan says how many. 0: it waits until none does.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - as pydantic wants it

    window_s: Annotated[float, Interval(ge=0, le=_CENTURY_S)] = 0.0

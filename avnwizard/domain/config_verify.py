"""`[verify]` of `avnwizard.toml`."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

_HOUR_S = 3600


@dataclass(frozen=True)
class VerifySection:
    """`[verify]`: what is looked at once the new release runs.

    Attributes:
        bake_s: seconds for which restarts, health, failed requests, answer times and error lines are watched after
            the release was verified; 0 watches nothing. The variable AVNWIZARD_BAKE_S goes over it.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - as pydantic wants it

    bake_s: Annotated[float, Interval(ge=0, le=_HOUR_S)] = 60.0

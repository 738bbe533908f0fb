"""Compose files: what they use, what they resolve to, what changed between two releases."""

from avnwizard.domain.compose.diff import ComposeDiff, MountChange, PartChange, ServiceChange, compose_diff
from avnwizard.domain.compose.errors import ComposeError
from avnwizard.domain.compose.model import load
from avnwizard.domain.compose.usage import VariableUse, variables_used
from avnwizard.domain.interpolation import InterpolationError, interpolate

__all__ = [
    "ComposeDiff",
    "ComposeError",
    "InterpolationError",
    "MountChange",
    "PartChange",
    "ServiceChange",
    "VariableUse",
    "compose_diff",
    "interpolate",
    "load",
    "variables_used",
]

"""Compose files: what they use, what they resolve to, what changed between two releases."""

from avnwizard.domain.compose.diff import ComposeDiff, MountChange, PartChange, ServiceChange, compose_diff
from avnwizard.domain.compose.env_readers import (
    demanded_env_files,
    env_file_paths,
    passes_on_a_file,
    whole_file_readers,
)
from avnwizard.domain.compose.errors import ComposeError
from avnwizard.domain.compose.image_variables import image_variables
from avnwizard.domain.compose.seats import passed_on, seats
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
    "demanded_env_files",
    "env_file_paths",
    "image_variables",
    "interpolate",
    "passed_on",
    "passes_on_a_file",
    "seats",
    "variables_used",
    "whole_file_readers",
]

"""A real Ory Hydra, built from its source where this machine has Go."""

from pathlib import Path

from tests.lab.engine import Lab
from tests.lab.go_tools import GoTool, has_go
from tests.lab.paths import LabPaths

__all__ = ["REPOSITORY", "VERSION", "binary_of", "has_go", "push"]

VERSION = "v2.3.0"
REPOSITORY = "ory/hydra"
_TOOL = GoTool("hydra", Path(__file__).parent / "tools", "github.com/ory/hydra/v2", REPOSITORY, VERSION)


def push(lab: Lab) -> str:
    """Have the image in the lab's registry; its reference."""
    return _TOOL.push(lab)


def binary_of(paths: LabPaths) -> Path:
    """The program itself, built where it is not yet."""
    return _TOOL.binary(paths.root / "go")

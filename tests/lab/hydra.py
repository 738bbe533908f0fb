"""A real Ory Hydra, built from its source where this machine has Go."""

from pathlib import Path

from tests.lab.engine import Lab
from tests.lab.go_tools import GoTool, has_go

__all__ = ["REPOSITORY", "VERSION", "has_go", "push"]

VERSION = "v2.3.0"
REPOSITORY = "ory/hydra"
_TOOL = GoTool("hydra", Path(__file__).parent / "tools", "github.com/ory/hydra/v2", REPOSITORY, VERSION)


def push(lab: Lab) -> str:
    """Have the image in the lab's registry; its reference."""
    return _TOOL.push(lab)

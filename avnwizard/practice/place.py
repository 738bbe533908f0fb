"""Where a practice host lies: asked before any real stack is opened, so that nothing else of `practice` is loaded."""

from pathlib import Path

STATE_FILE = "practice.sqlite"
CHECKOUT = "avnology-id"


def is_practice(directory: Path) -> bool:
    """Whether this is the checkout (or the folder) of a practice host."""
    return home_of(directory) is not None


def home_of(directory: Path) -> Path | None:
    """The folder of the practice host that a directory lies in; None when it is none."""
    directory = directory.resolve()
    if (directory / STATE_FILE).is_file():
        return directory
    for folder in (directory, *directory.parents):
        if folder.name == CHECKOUT and (folder.parent / STATE_FILE).is_file():
            return folder.parent
    return None

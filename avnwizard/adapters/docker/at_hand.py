"""Which of a project's files are there now: a checkout may be at a release that calls them otherwise."""

import os
from dataclasses import replace
from pathlib import Path

from avnwizard.domain.host import ComposeProject
from avnwizard.domain.origin import all_called_now


def at_hand(project: ComposeProject, otherwise: ComposeProject | None) -> ComposeProject:
    """The project with the compose files and the env file that are there, and whether there is an env file.

    Args:
        otherwise: the same project at the other release, whose files count where its own are not all there.
    """
    found = replace(project, files=all_called_now(project.files, Path.is_file))
    if otherwise:
        others = all_called_now(otherwise.files, Path.is_file)
        if not _all_there(found.files) and _all_there(others):
            found = replace(found, files=others)
        if not os.path.lexists(project.env_file) and os.path.lexists(otherwise.env_file):
            found = replace(found, env_file=otherwise.env_file, env_optional=otherwise.env_optional)
    return replace(found, env_absent=found.env_optional and not os.path.lexists(found.env_file))


def _all_there(files: tuple[Path, ...]) -> bool:
    return all(file.is_file() for file in files)

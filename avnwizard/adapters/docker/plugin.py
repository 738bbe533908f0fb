"""Compose without the docker CLI in front of it, for what it is asked: one process in place of three."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from avnwizard.domain.commands import Argv

_SYSTEM = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""Where the CLI looks for plugins after the user's own folder (docker/cli, cli-plugins/manager, 20.10 to 28)."""


def by_plugin(argv: Argv, environ: Mapping[str, str]) -> Argv:
    """A `docker compose …` as the plugin's own program takes it, where that is found; else as it is.

    The CLI asks the plugin for its description and passes the words on, and holds 25 MB for as long as the plugin,
    with its 50, is at work. The plugin finds the engine as the CLI does.
    """
    if argv[:2] != ("docker", "compose"):
        return argv
    config = Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME", "/nonexistent")) / ".docker")
    if _has_other_places(config / "config.json"):
        return argv
    for folder in (config / "cli-plugins", *map(Path, _SYSTEM)):
        program = folder / "docker-compose"
        if program.is_file():
            return (str(program), *argv[2:]) if os.access(program, os.X_OK) else argv
    return argv


def _has_other_places(config: Path) -> bool:
    """Whether the CLI's settings name more folders for plugins, which come first."""
    try:
        return bool(json.loads(config.read_bytes()).get("cliPluginsExtraDirs"))
    except (OSError, ValueError, AttributeError, RecursionError):
        return False

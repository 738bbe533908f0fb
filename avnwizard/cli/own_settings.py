"""The operator's own settings file, read before the wizard opens."""

import os
from collections.abc import Mapping
from pathlib import Path

from avnwizard.cli.reading_files import read_bytes

VARIABLE = "AVNWIZARD_SETTINGS"


def settings_file() -> tuple[Path, bool]:
    """Where the settings are, and whether that place was named: a named file has to be there."""
    if named := os.environ.get(VARIABLE):
        return Path(named), True
    from platformdirs import user_config_path

    return user_config_path("avnwizard") / "settings.toml", False


def own_keys() -> Mapping[str, str]:
    """An action's name -> the key that the operator gave it.

    Raises:
        UsageError: the file cannot be read, or what it says makes no sense.
    """
    file, named = settings_file()
    if not named and not file.exists():
        return {}
    data = read_bytes(file)
    from avnwizard.cli.screen_pages import SCREENS
    from avnwizard.domain.settings import parse_settings
    from avnwizard.ui import keymap

    pages = [page for _, page in SCREENS]
    keys = parse_settings(data, source=str(file), actions=keymap.actions(pages)).keys
    keymap.require_apart(keys, SCREENS, source=str(file))
    return keys

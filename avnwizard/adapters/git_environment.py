"""The environment in which git runs: no prompt, no colour, no other repository than the one that is named."""

import os
from collections.abc import Mapping

_KEPT_PREFIXES = ("GIT_SSH", "GIT_SSL", "GIT_HTTP", "GIT_PROXY", "GIT_CONFIG_", "GIT_EXEC_PATH")
_DROPPED = frozenset({"GIT_CONFIG_PARAMETERS"})
_FORCED = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_MERGE_AUTOEDIT": "no",
    "LC_ALL": "C",
}


def git_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would point git elsewhere (GIT_DIR, GIT_INDEX_FILE, …).

    How the operator reaches the remote (ssh command, proxies, certificates, `safe.directory` in GIT_CONFIG_*) stays.
    """
    source = os.environ if environ is None else environ
    kept = {
        name: value
        for name, value in source.items()
        if not name.startswith("GIT_") or (name.startswith(_KEPT_PREFIXES) and name not in _DROPPED)
    }
    return {**kept, **_FORCED}

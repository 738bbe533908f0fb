"""The environment in which Compose runs, so that what the env file says is what happens.

For Compose an exported variable beats the `--env-file` (docs.docker.com/compose/how-tos/environment-variables/
envvars-precedence), so a forgotten `export HYDRA_SYSTEM_SECRET=old` would undo an edit that the plan shows. Hence the
variables that the env file defines are taken out of the child's environment. Variables that only the shell defines
stay: a stack may be fed by `doppler run` or `sops exec-env`, and a blank in their place would be worse. `COMPOSE_*`
settings that would change what a spelled-out command means go as well.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.secret import MASK, is_secret_name

_PAIR = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*[=:]\s*['\"]?([^\s'\"]+)", re.MULTILINE)
_NAME = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*[=:]", re.MULTILINE)
_TELLING = 4
"""Shorter values are words like `on` that blanking would only make a riddle of the message."""
_NEEDED = frozenset({"PATH", "HOME", "USER", "TMPDIR", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR"})
"""Without these the docker CLI does not work; an env file that defines them is overruled, as it is by hand."""
_KEPT_COMPOSE = frozenset({"COMPOSE_PROFILES", "COMPOSE_HTTP_TIMEOUT", "COMPOSE_PARALLEL_LIMIT"})


def compose_environment(environ: Mapping[str, str], env_file: Path) -> dict[str, str]:
    """The environment for a `docker compose --env-file ENV_FILE`."""
    defined = names_in(env_file)
    return {name: value for name, value in environ.items() if _is_kept(name, defined)}


def shadowed(environ: Mapping[str, str], env_file: Path) -> tuple[str, ...]:
    """Variables that both this shell and the env file define, by name: a hand-run Compose would use the shell's."""
    return tuple(sorted(name for name in names_in(env_file) & environ.keys() if not _is_kept(name, {name})))


def names_in(env_file: Path) -> set[str]:
    """The variables that an env file may define; a line inside a multi-line value counts too, which is harmless."""
    return set(_NAME.findall(_text(env_file)))


def without_secrets(message: str, env_file: Path) -> str:
    """A complaint of Compose's, which likes to quote values, without those of the env file's secrets."""
    for name, value in _PAIR.findall(_text(env_file)):
        if is_secret_name(name) and len(value) >= _TELLING:
            message = message.replace(value, MASK)
    return message


def _text(env_file: Path) -> str:
    return LocalFiles().read(env_file).decode("utf-8", "replace").removeprefix("\ufeff")


def _is_kept(name: str, defined: set[str]) -> bool:
    if name in _NEEDED or name.startswith("DOCKER_"):
        return True
    if name in defined:
        return False
    return not name.startswith("COMPOSE_") or name in _KEPT_COMPOSE

"""The environment in which Compose runs, so that what the env file says is what happens.

For Compose an exported variable beats the `--env-file` (docs.docker.com/compose/how-tos/environment-variables/
envvars-precedence), so a forgotten `export HYDRA_SYSTEM_SECRET=old` would undo an edit that the plan shows. Hence the
variables that the env file defines are taken out of the child's environment. Variables that only the shell defines
stay: a stack may be fed by `doppler run` or `sops exec-env`, and a blank in their place would be worse. `COMPOSE_*`
settings that would change what a spelled-out command means go as well.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.env_preview import secret_pieces, without
from avnwizard.domain.envfile import readable

_TELLING = 4
"""Shorter words of a line that cannot be read would only make a riddle of the message."""
_NEEDED = frozenset({"PATH", "HOME", "USER", "TMPDIR", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR"})
"""Without these the docker CLI does not work; an env file that defines them is overruled, as it is by hand."""
_KEPT_COMPOSE = frozenset({"COMPOSE_PROFILES", "COMPOSE_HTTP_TIMEOUT", "COMPOSE_PARALLEL_LIMIT"})


def compose_environment(environ: Mapping[str, str], env_file: Path | None) -> dict[str, str]:
    """The environment for a `docker compose --env-file ENV_FILE`; None where the stack has no env file."""
    defined = names_in(env_file)
    return {name: value for name, value in environ.items() if _is_kept(name, defined)}


def shadowed(environ: Mapping[str, str], env_file: Path | None) -> tuple[str, ...]:
    """Variables that both this shell and the env file define, by name: a hand-run Compose would use the shell's."""
    return tuple(sorted(name for name in names_in(env_file) & environ.keys() if not _is_kept(name, {name})))


def names_in(env_file: Path | None) -> set[str]:
    """The variables that an env file defines, as far as it can be read."""
    known, _ = readable(_content(env_file))
    return {statement.key for statement in known.statements if not statement.inherited}


def without_secrets(message: str, env_file: Path | None) -> str:
    """A complaint of Compose's, which likes to quote values, without those of the env file's secrets.

    What it complains of may be a line that cannot be read: any part of that may be a secret.
    """
    known, lost = readable(_content(env_file))
    return without({*secret_pieces(known), *_parts(lost)}, message)


def _content(env_file: Path | None) -> bytes:
    return LocalFiles().read(env_file) if env_file else b""


def _parts(lines: tuple[str, ...]) -> Iterator[str]:
    for line in lines:
        value = line.partition("=")[2] or line
        yield from (part for part in (line.strip(), value.strip(), *value.split()) if len(part) >= _TELLING)


def _is_kept(name: str, defined: set[str]) -> bool:
    if name in _NEEDED or name.startswith("DOCKER_"):
        return True
    if name in defined:
        return False
    return not name.startswith("COMPOSE_") or name in _KEPT_COMPOSE

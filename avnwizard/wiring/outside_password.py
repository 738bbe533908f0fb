"""The password for a Postgres server outside the project: from a variable or a file, never from `avnwizard.toml`."""

import os
from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.outside import OutsideServer
from avnwizard.domain.secret import Secret
from avnwizard.errors import HostError


def password_of(server: OutsideServer, env_file: Path) -> Secret:
    """Look it up; none where none is named: libpq may then use a certificate or `~/.pgpass`.

    Args:
        env_file: the stack's, where a variable that avnwizard's own environment lacks is looked for.

    Raises:
        HostError: the file cannot be read, or nothing has that variable.
    """
    if server.password_file:
        try:
            return Secret(Path(server.password_file).read_text("utf-8").rstrip("\n"))
        except (OSError, UnicodeDecodeError) as error:
            raise HostError(
                f"The password of {server.name} cannot be read from {printable(server.password_file)}.",
                "Look at [postgres] password_file, at its owner and mode.",
            ) from error
    if not (name := server.password_variable):
        return Secret("")
    found = os.environ.get(name) or _of_env_file(env_file, name)
    if not found:
        raise HostError(
            f"The password of {server.name} is in no variable {printable(name, limit=100)}, neither of avnwizard's "
            f"environment nor of {printable(str(env_file))}.",
            "Set it there, or name another one: [postgres] password_variable.",
        )
    return Secret(found)


def _of_env_file(env_file: Path, name: str) -> str:
    from avnwizard.domain.envfile import EnvFile

    try:
        return EnvFile.parse_release(env_file.read_bytes()).literal(name) or ""
    except OSError:
        return ""

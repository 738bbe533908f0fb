"""As much of an env file as can be read: for what must not fail over the very line that somebody complains of."""

from avnwizard.domain.envfile.errors import EnvSyntaxError
from avnwizard.domain.envfile.file import EnvFile

_MOST = 200
"""Lines that are given up before the rest counts as unreadable."""


def readable(data: bytes) -> tuple[EnvFile, tuple[str, ...]]:
    """Give the variables of the lines that can be read, and the lines that cannot."""
    lines = data.decode("utf-8", "replace").split("\n")
    lost: list[str] = []
    while len(lost) < _MOST:
        try:
            return EnvFile.parse("\n".join(lines).encode()), tuple(lost)
        except EnvSyntaxError as wrong:
            lost.append(lines[wrong.line - 1])
            lines[wrong.line - 1] = ""
    return EnvFile.parse(b""), (*lost, *filter(None, lines))

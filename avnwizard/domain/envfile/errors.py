"""What can be wrong with an env file."""

from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError, UsageError


class EnvSyntaxError(UsageError):
    """Compose would refuse this file; `line` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(
            f"env file, line {line}: {printable(what, limit=120)}",
            "Correct that line: NAME=value, with quotes around a value that holds spaces, # or line breaks.",
        )
        self.line = line


class EnvEncodingError(UsageError):
    """The file is not UTF-8."""

    def __init__(self, line: int) -> None:
        super().__init__(
            f"env file, line {line}: not UTF-8 text",
            "Save the file as UTF-8 (for example: iconv -f LATIN1 -t UTF-8 old > new).",
        )
        self.line = line


class EnvEditError(RefusedError):
    """An edit that cannot be carried out as asked."""

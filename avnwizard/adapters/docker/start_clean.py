"""Starts a program with an environment and a standard input of its own: `start_clean.py ENVIRONMENT INPUT PROGRAM …`.

python-on-whales gives a command this process's environment and terminal. A variable that the env file defines must
not reach Compose from the shell, and values belong in no argv, so the environment is read from a file (NAME=VALUE,
each ended by a zero byte). This file runs by itself, with nothing but the standard library.

python-on-whales has words for the docker CLI alone: Compose's own program takes them without the first one.
"""

import os
import sys
from collections.abc import Sequence

NO_PROGRAM = 127
COMPOSE = "docker-compose"
"""What Compose's own program is called."""


def start(environment: str, source: str, argv: Sequence[str]) -> None:
    """Become the program; it never returns."""
    with open(environment, "rb") as file:  # noqa: PTH123  # pathlib takes longer to import than all of this
        pairs = [part.split(b"=", 1) for part in file.read().split(b"\0") if b"=" in part]
    handle = os.open(source, os.O_RDONLY)
    os.dup2(handle, 0)
    os.close(handle)
    words = [*argv[:1], *argv[2:]] if argv[0].endswith(f"/{COMPOSE}") and argv[1:2] == ["compose"] else list(argv)
    os.execvpe(words[0], words, {name: value for name, value in pairs})  # noqa: S606, C416  # no shell on purpose


if __name__ == "__main__":
    try:
        start(sys.argv[1], sys.argv[2], sys.argv[3:])
    except FileNotFoundError as error:
        print(f"{sys.argv[3]}: {error.strerror}", file=sys.stderr)  # noqa: T201  # it is a program's complaint
        sys.exit(NO_PROGRAM)

"""The operator's env file as it is now; a stack may do without one."""

import os

from avnwizard.domain.compose import variables_used
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host

_SHOWN = 5


def env_bytes(host: Host) -> bytes:
    """The file's content, empty where the stack has none.

    Raises:
        HostError: the file is missing and was given by its name, or cannot be read.
    """
    file = host.platform.env_file
    return b"" if file is None else host.files.read(file)


def require_dispensable(host: Host) -> None:
    """Tell a stack that has no env file from one that has lost it, by what its compose files refer to.

    Raises:
        RefusedError: they need variables that nothing gives a value.
    """
    project = host.stack.project
    if not project.env_absent:
        return
    needed: set[str] = set()
    for file in project.files:
        uses = variables_used(host.files.read(file).decode("utf-8", "replace"))
        needed |= {name for name, use in uses.items() if use.default is None and name not in os.environ}
    if needed:
        names = ", ".join(printable(name, limit=60) for name in sorted(needed)[:_SHOWN])
        more = f" and {len(needed) - _SHOWN} more" if len(needed) > _SHOWN else ""
        path = printable(str(project.env_file))
        raise RefusedError(
            f"There is no {path}, and the compose files use {names}{more}. Nothing was changed.",
            f"Put the file back. If there never was one, make an empty one: install -m 600 /dev/null {path}",
        )

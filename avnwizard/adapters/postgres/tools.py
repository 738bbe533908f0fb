"""The server's own client tools, at work in its container: asked of an engine on this host, else by the docker CLI.

Each docker CLI takes 18 to 28 MB alongside us; what is asked over the engine's socket takes none.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence

from avnwizard.adapters.child import Child, Tail
from avnwizard.adapters.docker.execution import executed
from avnwizard.adapters.running import Running
from avnwizard.ports import PostgresAccess, ToolCommand

_TIMEOUT_S = 24 * 3600.0


@contextlib.contextmanager
def started(
    access: PostgresAccess, tool: Sequence[str], *, tail: Tail, feed: bool = False, hint: str = ""
) -> Iterator[Running]:
    """A client tool at work; `tail` hears what it complains about."""
    with _running(access.command(tool), feed=feed, hint=hint) as running:
        running.widen(running.stdout)
        running.listen(running.stderr, tail)
        yield running


def _running(call: ToolCommand, *, feed: bool, hint: str) -> Running:
    at = call.container
    asked = at and executed(
        at.engine_socket, at.container, at.tool, variables=at.variables, feed=feed, timeout_s=_TIMEOUT_S, hint=hint
    )
    return asked or Child(call.argv, env=tool_environment(call), feed=feed, timeout_s=_TIMEOUT_S, hint=hint)


def tool_environment(call: ToolCommand) -> dict[str, str]:
    """What a client tool inherits: nothing that points it elsewhere, and messages in English."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**env, "LC_ALL": "C", **call.environment}

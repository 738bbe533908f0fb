"""Waiting until nobody waits for an answer of the old containers any more."""

from collections.abc import Sequence

from avnwizard.domain import words
from avnwizard.domain.edge import Connections
from avnwizard.domain.host import Container
from avnwizard.engine.step import StepContext
from avnwizard.flows.host import Host

_POLL_S = 0.1
_QUIET_S = 0.25
_TOLD_EVERY_S = 5.0


def drain(
    ctx: StepContext, host: Host, service: str, old: Sequence[Container], *, limit_s: float, unseen_s: float
) -> None:
    """Wait until no connection of the old containers is at work, and tell what is cut off in the end.

    Args:
        limit_s: no longer than this.
        unseen_s: at least this long where it cannot be seen whether an answer is owed.
    """
    began = told_at = host.clock.now()
    quiet = 0
    seen: list[Connections] = []
    while old:
        seen = [host.edge.connections(one.id, quiet_s=_QUIET_S) for one in old if one.state == "running"]
        busy = sum(one.busy for one in seen)
        quiet = quiet + 1 if not busy else 0
        now = host.clock.now()
        blind = any(one.seen_by != "netns" for one in seen)
        if not seen or (quiet > 1 and (not blind or now - began >= min(unseen_s, limit_s))):
            break
        if now - began >= limit_s:
            were = "connection was" if busy == 1 else "connections were"
            ctx.say(
                f"{service}: {busy} {were} still at work after {limit_s:.0f} s (WebSocket, stream, long answer); "
                "cut off with the old container"
            )
            return
        if busy and now - told_at >= _TOLD_EVERY_S:
            told_at = now
            ctx.say(f"{service}: waiting for {_connections(busy)} of the old container")
        host.clock.sleep(_POLL_S)
    _tell_rest(ctx, service, seen)


def _tell_rest(ctx: StepContext, service: str, seen: list[Connections]) -> None:
    if calls := sum(one.calls for one in seen):
        ctx.say(f"{service}: {_connections(calls)} of callers by name, cut off with the old container")
    rest = _connections(sum(one.established - one.calls for one in seen))
    if any(one.seen_by == "nothing" for one in seen):
        ctx.say(f"{service}: the connections of its old container cannot be seen from here")
    elif any(one.seen_by == "exec" and one.established for one in seen):
        ctx.say(f"{service}: {rest} cut off with the old container; only root sees whether they are at work")
    elif any(one.established > one.calls for one in seen):
        ctx.say(f"{service}: {rest} closed with the old container, nothing moving on them (kept open, or silent)")


def _connections(count: int) -> str:
    return words.count(count, "connection")

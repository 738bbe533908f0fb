"""The lock in the cluster: a Lease, since operators on two hosts do not see each other's lock file."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from avnwizard.domain.plain import printable
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError, WizardError
from avnwizard.flows.kubernetes.world import KubeWorld
from avnwizard.planned import StepKind

_LIVE_S = 60.0
_RENEW_S = 15.0


def holder_of(run: str) -> str:
    """How a run names itself in the Lease."""
    return f"{run}@{socket.gethostname()}"


class TakeLease(Step):
    """Take the release's Lease, so that nobody upgrades it from another host at the same time.

    Args:
        of: the run that takes it; its own name where this is "".
        duration_s: for how long it counts where nobody renews it.
    """

    name = "lease"
    kind = StepKind.OTHER
    undone_by = ()  # the run lets go of it at its end, and it expires by itself
    guess_s = 1.0

    def __init__(self, world: KubeWorld, *, duration_s: float = _LIVE_S) -> None:
        self._world, self._duration_s = world, duration_s
        self.title = f"Take the Lease avnwizard-{world.plan.place.release}"

    def probe(self, ctx: StepContext) -> Probe:
        """Done when this run holds it."""
        lease = self._world.cluster.lease()
        return Probe.DONE if lease.holder == holder_of(ctx.run) and lease.is_live else Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Take it, from nobody, from this run, or from one that has not renewed it in time.

        Raises:
            StepError: another run holds it.
        """
        cluster, mine = self._world.cluster, holder_of(ctx.run)
        lease = cluster.lease()
        own = lease.holder in {mine, holder_of(self._world.run)}
        if lease.is_live and not own:
            raise StepError(
                f"{printable(lease.holder, limit=100)} is changing this release (the Lease "
                f"avnwizard-{self._world.plan.place.release}, renewed {lease.age_s:.0f} s ago). Nothing was changed.",
                "Wait for its end, then resume.",
            )
        with ctx.effect("take"):
            taken = cluster.take_lease(mine, after=lease, duration_s=self._duration_s)
        if not taken:
            raise StepError("Somebody else took the release's Lease at this moment. Nothing was changed.", "Resume.")
        if lease.holder and not own:
            ctx.say(f"the Lease of {printable(lease.holder, limit=100)} had expired")


class DropLease(Step):
    """Let go of the Lease at the end of a rollback."""

    name = "lease-back"
    title = "Let go of the Lease"
    kind = StepKind.CHECK
    undone_by = ()
    guess_s = 1.0

    def __init__(self, world: KubeWorld) -> None:
        self._world = world

    def probe(self, ctx: StepContext) -> Probe:
        """Done when this run no longer holds it."""
        return Probe.NOT_DONE if self._world.cluster.lease().holder == holder_of(ctx.run) else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Drop it."""
        with ctx.effect("drop"):
            self._world.cluster.drop_lease(holder_of(ctx.run))


@contextmanager
def renewed(world: KubeWorld, feed: FeedWriter) -> Iterator[None]:
    """Renew the run's Lease while the body runs, and let go of it at the end; trouble with it is only said."""
    mine, stop = holder_of(world.run), threading.Event()

    def keep() -> None:
        while not stop.wait(_RENEW_S):
            try:
                lease = world.cluster.lease()
                if lease.holder == mine:
                    world.cluster.take_lease(mine, after=lease, duration_s=_LIVE_S)
            except WizardError as error:
                feed.emit("say", "", f"the Lease was not renewed: {printable(error.message, limit=200)}")

    thread = threading.Thread(target=keep, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_RENEW_S)
        try:
            world.cluster.drop_lease(mine)
        except WizardError as error:
            feed.emit("say", "", f"the Lease was left to expire: {printable(error.message, limit=200)}")

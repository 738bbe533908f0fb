"""The services that write to the databases: stopped while those are swapped, and started again."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from avnwizard.domain import words
from avnwizard.domain.host import Container
from avnwizard.domain.postgres import pooler
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.host import Host
from avnwizard.flows.roll import holding
from avnwizard.planned import PlannedStep, StepKind

STOP_GRACE_S = 30.0
_AT_ONCE = 4
"""Given one by one, the engine starts containers one after another, a third of a second each."""
_POLL_S = 0.5
_ALIVE = {"running", "restarting", "paused"}
_STOPPED = "stopped"


class StopWriters(Step):
    """Stop every service that may write to the databases; in a rollback they come back with the old release.

    Args:
        hold: requests to them wait meanwhile, since the steps that bring them back let those go.
    """

    name = "stop"
    title = "Stop the services that use the databases"
    kind = StepKind.STOP
    undone_by = (StepKind.START, StepKind.ROLL)

    def __init__(self, host: Host, services: Iterable[str], *, hold: bool = False) -> None:
        self._host, self._services, self._hold = host, tuple(services), hold

    def describe(self) -> PlannedStep:
        """How many, and what users notice."""
        return replace(
            super().describe(),
            note=f"{len(self._services)} services; each is started again once the databases are in place.",
            going_back="they are started again",
            interrupts="whatever needs the databases is away until it is rolled",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when none runs."""
        return Probe.HALF_DONE if self._running() else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Stop all side by side, gracefully, and then PgBouncer: nobody is served until the last has ended.

        Raises:
            StepError: one still runs; who writes on would write to what is about to be set aside.
        """
        running = self._running()
        self._note(ctx, [one.id for one in running])
        ctx.say(f"stopping {words.count(len(running), 'container')}")
        if self._hold and running:
            known = self._host.stack.resolve().services
            holding.hold(ctx, self._host, [known[name] for name in self._services if name in known], running)
        poolers = [one.id for one in running if pooler.is_pooler(one.image)]
        with ctx.effect("stop"):
            self._host.stack.stop(*(one.id for one in running if one.id not in poolers), grace_s=STOP_GRACE_S)
            self._host.stack.stop(*poolers, grace_s=pooler.STOP_GRACE_S)
        if left := self._running():
            raise StepError(f"{left[0].name} was stopped and runs again.", "Look who starts it, then resume.")

    def _note(self, ctx: StepContext, stopped: Sequence[str]) -> None:
        """Those that `StartWriters` starts again."""
        before = ctx.recall().get(_STOPPED, [])
        ctx.note(**{_STOPPED: [*before, *(one for one in stopped if one not in before)]})

    def _running(self) -> list[Container]:
        found = [one for one in self._host.stack.containers() if not one.one_off]
        return [one for one in found if one.service in self._services and one.state in _ALIVE]


class StartWriters(Step):
    """Start the containers that `StopWriters` of the same run stopped, and wait until they serve."""

    name = "start"
    title = "Start the services that use the databases"
    kind = StepKind.START
    undone_by = ()

    def __init__(self, host: Host, services: Iterable[str]) -> None:
        self._host, self._services = host, tuple(services)

    def probe(self, ctx: StepContext) -> Probe:
        """Done when all that were stopped serve."""
        return Probe.HALF_DONE if self._silent(ctx) else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Start them side by side, those first that others depend on, and wait for all.

        Raises:
            StepError: one does not get healthy on the restored databases.
        """
        place = {name: number for number, name in enumerate(self._services)}
        if silent := sorted(self._silent(ctx), key=lambda one: place[one.service]):
            with ctx.effect("start"), ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(self._host.stack.start, [one.id for one in silent]))
        deadline = self._host.clock.now() + self._host.config.roll.healthy_s
        while left := self._silent(ctx):
            if self._host.clock.now() >= deadline:
                raise StepError(
                    f"{left[0].service} does not serve on the restored databases: {left[0].state}, {left[0].health}.",
                    f"Look at: docker compose logs {left[0].service}. Then give the same command again.",
                )
            self._host.clock.sleep(_POLL_S)
        ctx.say("the services serve again")

    def _silent(self, ctx: StepContext) -> list[Container]:
        stopped = ctx.recall(StopWriters.name).get(_STOPPED, [])
        return [one for one in self._host.stack.containers() if one.id in stopped and not one.is_serving]

"""Asking containers without a health check whether they are ready: when a roll is planned, and while it waits."""

from collections.abc import Sequence

from avnwizard.domain.handover import HandoverChoice
from avnwizard.domain.host import Container, Service
from avnwizard.domain.readiness import LASTS_S, Readiness, readiness_of
from avnwizard.domain.strategy import lacks_a_check_alone
from avnwizard.flows.host import Host


class Asking:
    """Asks containers again and again, and knows since when each has answered without a break."""

    def __init__(self, host: Host, ready: Readiness) -> None:
        self._host, self._ready = host, ready
        self._since: dict[tuple[str, float], float] = {}
        self._said: dict[str, int | None] = {}

    def lasts(self, container: Container) -> bool:
        """Whether it answers, and has done so for `LASTS_S`; it is asked now."""
        key = (container.id, container.started_at)
        status = self._said[container.id] = self._host.edge.answer(container.id, self._ready)
        if not self._ready.is_met_by(status):
            self._since.pop(key, None)
            return False
        now = self._host.clock.now()
        return now - self._since.setdefault(key, now) >= LASTS_S

    def last(self, container: Container) -> str:
        """What it answered when it was last asked, in words."""
        return _answer(self._said.get(container.id), self._ready)

    def in_words(self) -> str:
        """What is said of containers that have answered for long enough."""
        return f"answering on port {self._ready.port} for {LASTS_S:.0f} s or longer"


def plan_readiness(
    host: Host, service: Service, handed: HandoverChoice, running: Sequence[Container]
) -> Readiness | str:
    """How a new container of a service without a health check will be asked, or why it cannot be.

    It can where a director keeps requests from it until it answers, and where what serves now answers the same.
    """
    found = to_ask(host, service, handed)
    if isinstance(found, str):
        return found
    serving = [one for one in running if one.is_serving]
    if not serving:
        return "none of its containers serves now"
    status = host.edge.answer(serving[0].id, found)
    if found.is_met_by(status):
        return found
    return f"asked now, its container gave {_answer(status, found)}; [roll] ready may name another path"


def to_ask(host: Host, service: Service, handed: HandoverChoice) -> Readiness | str:
    """As `plan_readiness`, without asking what serves now: on the way back that may be what went wrong."""
    if handed.handover != "director":
        return handed.reason
    return readiness_of(service, path=host.config.roll.ready.get(service.name, ""))


def way_back(host: Host, service: Service, handed: HandoverChoice, *, checked: bool) -> Readiness | None:
    """How containers that are rolled back are asked; None where a health check speaks for them, or nothing can.

    Args:
        checked: their image brings a health check.
    """
    found = "" if checked or not lacks_a_check_alone(service) else to_ask(host, service, handed)
    return found if isinstance(found, Readiness) else None


def _answer(status: int | None, ready: Readiness) -> str:
    said = "no answer" if status is None else f"HTTP {status}"
    return f"{said} on port {ready.port} for {ready.path}"

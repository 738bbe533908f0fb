"""Any other balancer, by three commands of the operator's: they run as hooks do, without a shell, within a time."""

import time
from collections.abc import Sequence

from avnwizard.adapters.hooks import HostHooks
from avnwizard.domain.balancer import command
from avnwizard.domain.balancer.server import FULL, Served
from avnwizard.domain.config_fleet import FleetSection
from avnwizard.domain.plain import printable
from avnwizard.domain.secret import redact_urls
from avnwizard.errors import HostError

_TAKES_S, _POLL_S = 10.0, 0.1


class CommandBalancer:
    """Steers by commands, and looks by another one whether the balancer works by what it was ordered."""

    def __init__(self, section: FleetSection) -> None:
        self._section, self._servers, self._hooks = section, section.named, HostHooks()

    def look(self) -> tuple[Served, ...]:
        """As `status` prints."""
        return command.served("\n".join(self._call("status", self._section.status)), self._servers)

    def weight(self, stack: str, percent: int) -> None:
        """By `set_weight`; a weight above 0 brings a drained stack in again."""
        self._call("set_weight", self._section.set_weight, stack, percent)
        self._until(stack, percent)

    def drain(self, stack: str) -> None:
        """By `drain`."""
        self._call("drain", self._section.drain, stack)
        self._until(stack, 0)

    def ready(self, stack: str) -> None:
        """As its weight says already; its whole share where it gets nothing."""
        if not next(one for one in self.look() if one.stack == stack).takes_requests:
            self.weight(stack, FULL)

    def only(self, stack: str) -> None:
        """Bring the stack in first, so that requests always have a place to go."""
        self.weight(stack, FULL)
        for name in self._servers:
            if name != stack:
                self.drain(name)

    def commands(self) -> tuple[str, ...]:
        """As they are set."""
        section = self._section
        return tuple(" ".join(one) for one in (section.set_weight, section.drain, section.status))

    def _until(self, stack: str, percent: int) -> None:
        """What a command ends with proves nothing: the balancer has to say so."""
        deadline = time.monotonic() + _TAKES_S
        while True:
            found = next(one for one in self.look() if one.stack == stack)
            if (found.weight == percent and found.takes_requests) if percent else not found.takes_requests:
                return
            if time.monotonic() >= deadline:
                raise HostError(
                    f"The balancer does not work by what it was ordered for {stack} after {_TAKES_S:.0f} s "
                    f"({found.mode}, weight {found.weight} %).",
                    "Look at the commands in [fleet], and at the balancer's log.",
                )
            time.sleep(_POLL_S)

    def _call(self, key: str, argv: Sequence[str], stack: str = "", percent: int = 0) -> tuple[str, ...]:
        env = {"AVNWIZARD_STACK": stack, "AVNWIZARD_SERVER": self._servers.get(stack, "")}
        env |= {"AVNWIZARD_WEIGHT": str(percent)}
        called = self._hooks.call(argv, env, self._section.timeout_s)
        if called.trouble or called.code:
            why = called.trouble or f"ended with exit code {called.code}"
            said = f": {called.lines[-1]}" if called.lines else ""
            raise HostError(
                f"[fleet] {key} failed: {printable(redact_urls(why + said), limit=300)}",
                "Run the command by hand; `avnwizard help fleet` says what it is given.",
            )
        return called.lines

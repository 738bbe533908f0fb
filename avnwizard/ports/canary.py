"""How the canary asks the APIs of the stack."""

from typing import Protocol

from avnwizard.domain.canary.calls import Call, Door, Reply


class Caller(Protocol):
    """Asks over HTTP, within seconds. It never raises: what goes wrong is a reply."""

    def call(self, door: Door, call: Call) -> Reply:
        """One request, by the door's address, or to a container of its service that serves now."""

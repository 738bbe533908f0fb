"""The port `OneOffs` on the practice host."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from avnwizard.errors import HostError
from avnwizard.practice.container_store import ContainerStore


class PracticeOneOffs:
    """One-off containers of the practice host. Each migrates: that is the only command its programs know.

    Args:
        start: starts a container of a service with other words, under a name.
    """

    def __init__(self, store: ContainerStore, start: Callable[[str, Sequence[str], str], None]) -> None:
        self._store, self._start = store, start

    def start(self, service: str, words: Sequence[str], *, name: str) -> None:
        """Start one, whose name no other has."""
        if any(one.name == name for one in self._store.present()):
            raise HostError(f"the container name {name} is already in use", "Remove or rename that container.")
        self._start(service, words, name)


def apart(config: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """The resolved service as `compose run` makes a container of it: no ports, no restarts, not behind the proxy."""
    labels = {**(config.get("labels") or {}), "traefik.enable": "false"}
    kept = {key: value for key, value in config.items() if key not in {"ports", "restart", "healthcheck"}}
    return {**kept, "command": list(words), "labels": labels}

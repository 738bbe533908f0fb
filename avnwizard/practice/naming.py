"""The port `Naming` on the practice host."""

from collections.abc import Callable, Collection

from avnwizard.errors import HostError
from avnwizard.practice.container_store import ContainerStore


class PracticeNaming:
    """Names of practice containers.

    Args:
        start: starts a new container of a service under a name.
    """

    available = True

    def __init__(self, store: ContainerStore, start: Callable[[str, str], None]) -> None:
        self._store, self._start = store, start

    def start_aside(self, service: str, name: str, *, hidden: Collection[str]) -> None:
        """Start one under another name; Compose sees only those that are not hidden, and would keep them."""
        if all(one.id in hidden for one in self._store.present(service)):
            self._start(service, name)

    def rename(self, container_id: str, name: str) -> None:
        """Give a container a name that no other has."""
        if any(one.name == name and one.id != container_id for one in self._store.present()):
            raise HostError(f"the container name {name} is already in use", "Remove or rename that container.")
        self._store.rename(container_id, name)

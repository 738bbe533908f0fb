"""Containers whose name the compose file fixes, as a Protocol; see `avnwizard.ports` for the rest of the world."""

from collections.abc import Collection
from typing import Protocol


class Naming(Protocol):
    """What Compose cannot do by itself: start a second container of a service that has a `container_name`.

    Every method raises `avnwizard.errors.HostError` when the world refuses.
    """

    @property
    def available(self) -> bool:
        """Whether a container can be started under another name here."""

    def start_aside(self, service: str, name: str, *, hidden: Collection[str]) -> None:
        """`compose up -d --no-deps --pull never` as if some containers were not there, but under another name.

        The new container is called by the service's name and by its `container_name` from its start.

        Args:
            hidden: ids of the containers of the service that are left as they are.
        """

    def rename(self, container_id: str, name: str) -> None:
        """Give a container its name, while it runs."""

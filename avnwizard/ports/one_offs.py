"""Commands that a service's image runs once, as a Protocol; see `avnwizard.ports` for the rest of the world."""

from collections.abc import Sequence
from typing import Protocol


class OneOffs(Protocol):
    """Containers of `compose run`: made like a service's own, but no part of what serves.

    They are among the project's containers, with `one_off` set.
    """

    def start(self, service: str, words: Sequence[str], *, name: str) -> None:
        """`compose run --detach --no-deps`: no port of the service is published, and no proxy sends requests there.

        Args:
            words: the command, in place of the service's own.
            name: of the container.

        Raises:
            HostError: Compose does not start it, or another container has that name.
        """

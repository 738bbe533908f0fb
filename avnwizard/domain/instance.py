"""One copy of a service, whatever the platform calls it: a container, or a pod."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Instance:
    """A copy of a service as it is now.

    Attributes:
        image: as the stack's files name it.
        state: the platform's word, such as "running" or "exited".
        health: "none" without a health check, else the platform's word, such as "starting".
    """

    service: str
    image: str
    state: str
    health: str

    @property
    def is_serving(self) -> bool:
        """Running, and healthy where it has a health check."""
        return self.state == "running" and self.health in {"none", "healthy"}

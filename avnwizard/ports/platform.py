"""Where a stack runs: what every flow may ask, whether that is a Compose project or a Helm release.

A flow that asks only this runs on both: snapshots, restores, reports, the probe, launching and resuming. What Compose
alone can do is in `Compose`, and `Host.stack` and `Host.edge` refuse it where the stack is something else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.instance import Instance
from avnwizard.domain.snapshot import ServiceImage
from avnwizard.ports.database import Database
from avnwizard.ports.edge import Edge
from avnwizard.ports.stack import Stack

Deed = Literal["show the log of", "stop", "get the image", "start all"]
"""What an operator does by hand."""


class Platform(Protocol):
    """One stack on its platform. Every method raises `avnwizard.errors.HostError` when the world refuses."""

    @property
    def name(self) -> str:
        """What the stack is called there: the Compose project, or the Helm release."""

    @property
    def env_file(self) -> Path | None:
        """The env file that the stack is configured by; None where it has none."""

    def running(self) -> tuple[ServiceImage, ...]:
        """What runs now, a service each, by name."""

    def instances(self) -> tuple[Instance, ...]:
        """Every copy of every service, those that have stopped too; () where nothing of the stack is there."""

    def serving(self) -> frozenset[str]:
        """The services that have a container to route to. It is cheap, and asked several times a second.

        `HostError` where that is not known: that is not the same as none.
        """

    def model(self) -> ComposeModel:
        """What the stack's files describe, as Compose resolves them; no services where they are no compose files."""

    def database(self, service: str) -> Database:
        """The way to a service's Postgres, found when it is needed: it may be down, or recreated since."""

    def database_command(self, service: str, tool: Sequence[str]) -> tuple[str, ...]:
        """The command that runs one of Postgres' tools where the server is, as a plan shows it."""

    def by_hand(self, deed: Deed, what: str = "") -> tuple[str, ...]:
        """The command with which an operator does something by hand, for a hint or a screen.

        Args:
            what: a service's name, or an image.
        """


@dataclass(frozen=True)
class Compose:
    """What a stack on a Docker Engine has beyond `Platform`: its containers, and the reverse proxy before them."""

    stack: Stack
    edge: Edge

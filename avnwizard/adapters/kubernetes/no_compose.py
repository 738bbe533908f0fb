"""What stands for Docker Compose where a stack is a Helm release: no containers, and a clear refusal."""

from pathlib import Path
from typing import NoReturn

from avnwizard.domain.host import ComposeProject, Container, Image
from avnwizard.errors import RefusedError


class NoCompose:
    """The parts of the port `Stack` that snapshots and reports ask; everything else is refused."""

    def __init__(self, release: str, directory: Path) -> None:
        self.project = ComposeProject(release, directory, (), directory / ".env", env_absent=True)

    def containers(self, service: str = "") -> tuple[Container, ...]:
        """None of this stack's."""
        return ()

    def images(self, references: object) -> dict[str, Image]:
        """None."""
        return {}

    def volume_sizes(self, volumes: object) -> dict[str, int]:
        """None."""
        return {}

    def release(self, name: str) -> None:
        """No image is kept here."""

    def __getattr__(self, name: str) -> NoReturn:
        """Whatever only a Compose stack has."""
        if name.startswith("__"):
            raise AttributeError(name)
        raise RefusedError(
            "This stack is a Helm release ([kubernetes] in avnwizard.toml); this command is for Compose stacks.",
            "Use: avnwizard kubernetes check, plan or upgrade. resume, rollback, runs and report work as ever.",
        )

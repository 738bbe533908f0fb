"""What an isolated copy is made by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

LABEL = "avnwizard.rehearsal"
"""On everything that a rehearsal makes, with the live project's name: by this label all of it is found again."""
PROJECT_LABEL = "com.docker.compose.project"


@dataclass(frozen=True)
class Mark:
    """Whose rehearsal it is.

    Attributes:
        live: the name of the live Compose project.
    """

    live: str

    @property
    def name(self) -> str:
        """The Compose project of the copy."""
        return f"{self.live}-rehearsal"

    @property
    def labels(self) -> dict[str, str]:
        """What its services, networks and volumes carry."""
        return {LABEL: self.live}


@dataclass(frozen=True)
class Limits:
    """What each container of a copy may use.

    Attributes:
        cpus: processors.
        memory_bytes: of memory; swap is counted with it.
        processes: at most so many.
    """

    cpus: float
    memory_bytes: int
    processes: int = 512


@dataclass(frozen=True)
class DataPlace:
    """Where the copied database lies.

    Attributes:
        service: the compose service that is the database.
        target: the path at which its container has the volume.
        folder: the data's folder in the volume, "." for the top.
    """

    service: str
    target: str
    folder: str = "."

    KEY: ClassVar[str] = "rehearsal-data"
    """The volume's key in the generated model."""


@dataclass(frozen=True)
class Isolation:
    """How a model is isolated.

    Attributes:
        data: None where no database is copied.
        sources: path on the host -> the path that stands in for it (a release's files in a private folder).
        unsafe: path on the host -> why a container of the copy must not see it.
        empty: patterns of variables that are emptied, such as "*SMTP*".
        replace: variable -> the value that it gets instead.
    """

    mark: Mark
    limits: Limits
    data: DataPlace | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    unsafe: Mapping[str, str] = field(default_factory=dict)
    empty: tuple[str, ...] = ()
    replace: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class LeftOut:
    """A service that the copy does not have.

    Attributes:
        why: as a clause, such as "it has the engine's socket".
        means: what the rehearsal therefore does not show, as a sentence.
    """

    service: str
    why: str
    means: str

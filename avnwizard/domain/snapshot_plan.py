"""What a snapshot will hold, where it goes, and what it needs."""

from dataclasses import dataclass
from pathlib import Path

from avnwizard.domain.snapshot import Proof


@dataclass(frozen=True)
class SavedImage:
    """An image that runs now and is saved to a file; `why` is a clause."""

    service: str
    image_id: str
    size_bytes: int
    why: str


@dataclass(frozen=True)
class SnapshotPlan:
    """What is dumped and where to. Sizes are the databases' on disk; the dump is usually far smaller.

    Attributes:
        volumes: volumes of the compose file that are archived too.
        volume_sizes: bytes in those, by name; one whose size cannot be seen is not among them.
        offered: those that could be.
        proof: what is aimed at; `proof_note` says why it is not more, "" where it is as much as can be.
        why_not: why none is taken, as a clause; "" where one is.
        not_held: PostgreSQL servers of the stack whose databases are in no snapshot and do not go back.
        copies: the places off this host that it is copied to at the end of the run.
    """

    taken: bool
    folder: Path
    databases: tuple[tuple[str, int], ...]
    free_bytes: int
    volumes: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    proof: Proof = "restored"
    proof_note: str = ""
    volume_sizes: tuple[tuple[str, int], ...] = ()
    why_not: str = ""
    not_held: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()

    @property
    def total_bytes(self) -> int:
        """The databases' size on disk."""
        return sum(size for _, size in self.databases)

    @property
    def needed_bytes(self) -> int:
        """What the snapshot takes at most: as much as the databases do, and the volumes' archives."""
        return self.total_bytes + sum(size for _, size in self.volume_sizes)

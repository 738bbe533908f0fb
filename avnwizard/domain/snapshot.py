"""A snapshot's manifest: what its folder holds, and what was true when it was taken. Plain values, JSON."""

from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.postgres.database import DatabaseProperties
from avnwizard.domain.postgres.writes import WriteCounters
from avnwizard.domain.rotation.generation import Generation

Proof = Literal["read back", "restored"]
"""How far a snapshot was proven: each dump read whole from what is on disk, or also restored and compared."""
FORMAT = 2
"""1: globals, env and databases alone, their rows counted after the dump."""


@dataclass(frozen=True)
class Part:
    """One file of a snapshot. `sha256` is of the file as it lies on disk."""

    file: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class DumpedDatabase:
    """One database as it was dumped.

    Attributes:
        size_bytes: on the server's disk.
        fingerprint: of its schema.
        rows: exact rows per table.
        exact: whether fingerprint and rows are of the dump's own moment (format 2), or were taken right after it.
        properties: None in a manifest of format 1.
        dump_s: seconds that the dump took, reading back included; 0 where unknown.
        restore_s: seconds that the proving restore took; 0 where there was none.
        counters: what the server had counted as written, read just before the dump's moment; None in older manifests.
    """

    name: str
    owner: str
    size_bytes: int
    fingerprint: str
    rows: dict[str, int]
    dump: Part
    exact: bool = False
    properties: DatabaseProperties | None = None
    extensions: tuple[tuple[str, str], ...] = ()
    proof: Proof = "read back"
    dump_s: float = 0.0
    restore_s: float = 0.0
    counters: WriteCounters | None = None


@dataclass(frozen=True)
class ServiceImage:
    """What a service ran: `reference` as the compose file names it, `digest` "" where no registry ever gave one."""

    service: str
    reference: str
    image_id: str
    digest: str


@dataclass(frozen=True)
class ArchivedVolume:
    """One volume as a tar.

    Attributes:
        volume: its key in the compose file.
        path: where the service has it.
        live: whether the service ran meanwhile: then files that it was writing may be of different moments.
    """

    volume: str
    service: str
    path: str
    live: bool
    archive: Part


@dataclass(frozen=True)
class Manifest:
    """What a snapshot holds. Times are seconds since the epoch; databases are as of `taken_at`, all of one moment.

    Attributes:
        branch: that HEAD was on, "" when detached.
        edited: tracked files with local edits; the edits themselves are the part `edits`.
        wal_lsn: the server's flushed WAL position at `taken_at`.
        model: the resolved compose model. It holds secrets, as `env` and `globals` do.
        proof: the weakest of the databases' proofs.
        proof_note: why it is not stronger, "" where it is as strong as was asked.
        made_by: "avnwizard VERSION"; "" in those made before this was kept.
        project: the Compose project; "" in those made before this was kept.
        servers: what the servers are called in the names of its databases, where there were several.
        keys: the secrets that rows of its databases are under, as salted fingerprints, by the database's name.
    """

    taken_at: float
    tag: str
    commit: str
    server_version: str
    globals: Part
    env: Part
    databases: tuple[DumpedDatabase, ...]
    format: int = 1
    finished_at: float = 0.0
    branch: str = ""
    edited: tuple[str, ...] = ()
    wal_lsn: str = ""
    model: Part | None = None
    edits: Part | None = None
    images: tuple[ServiceImage, ...] = ()
    volumes: tuple[ArchivedVolume, ...] = ()
    proof: Proof = "read back"
    proof_note: str = ""
    made_by: str = ""
    project: str = ""
    keys: tuple[Generation, ...] = ()
    servers: tuple[str, ...] = ()

    def parts(self) -> tuple[Part, ...]:
        """Every file."""
        extra = tuple(part for part in (self.model, self.edits) if part is not None)
        dumps = tuple(database.dump for database in self.databases)
        return (self.globals, self.env, *extra, *dumps, *(one.archive for one in self.volumes))

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(part.size_bytes for part in self.parts())

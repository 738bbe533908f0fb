"""Everything that a flow needs of the world, in one hand."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from avnwizard.domain.config import Config, StatePaths
from avnwizard.engine.journal import Journal
from avnwizard.ports import Clock, Database, Edge, EdgeProbe, Files, Repo, SqlReader, Stack


@dataclass(frozen=True)
class Host:
    """One stack on one Docker host.

    Attributes:
        postgres_service: the compose service that is the database, "" when the stack has none.
        database: finds the way to Postgres when it is needed: it may be down, and a recreated one is another one.
        probe: what asks the edge, made when it is needed.
        sql: reads the releases' SQL migrations.
    """

    config: Config
    state: StatePaths
    repo: Repo
    stack: Stack
    edge: Edge
    files: Files
    clock: Clock
    postgres_service: str
    database: Callable[[], Database]
    probe: Callable[[], EdgeProbe]
    sql: SqlReader

    def journal(self) -> Journal:
        """Open the journal."""
        return Journal(self.state.journal)

    @property
    def lock(self) -> Path:
        """Path of the stack's lock: in the git folder, so that every login on this host shares it."""
        return self.repo.git_dir / "avnwizard.lock"

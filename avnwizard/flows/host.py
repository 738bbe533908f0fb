"""Everything that a flow needs of the world, in one hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from avnwizard.domain.config import Config, StatePaths
from avnwizard.domain.offsite import Place
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.domain.shared_servers import Reached
from avnwizard.engine.adopting import BY_HAND, adopt
from avnwizard.engine.journal import Journal
from avnwizard.errors import HostError, RefusedError
from avnwizard.ports import Clock, Clusters, Database, Edge, EdgeProbe, Files, Rehearsals, Repo, SqlReader, Stack
from avnwizard.ports.balancer import Balancer
from avnwizard.ports.canary import Caller
from avnwizard.ports.cluster import Cluster
from avnwizard.ports.hooks import Hooks
from avnwizard.ports.image_signatures import ImageSignatures
from avnwizard.ports.offsite import Offsite


def _no_clusters() -> Clusters:
    raise RefusedError("No second Postgres server can be made on this host.", "Use a Docker Engine.")


def _no_image_signatures() -> ImageSignatures:
    raise RefusedError("The signatures of images cannot be verified from here.", "Use cosign on the Docker host.")


def _no_rehearsals() -> Rehearsals:
    raise RefusedError("Nothing can be rehearsed on this host.", "Use a Docker Engine.")


def _no_cluster(_context: str) -> Cluster:
    raise RefusedError(
        "This stack is no Helm release.", 'Name the release in avnwizard.toml: [kubernetes] release = "NAME"'
    )


def _no_balancer() -> Balancer:
    raise RefusedError("This stack has no fleet.", "Describe it in avnwizard.toml, [fleet]: avnwizard help fleet")


def _no_neighbour(directory: Path) -> "Host":
    raise RefusedError(f"The stack in {directory} cannot be opened from here.", "Use avnwizard in its checkout.")


def _no_servers() -> tuple[Reached, ...]:
    return ()


def _no_offsite(place: Place, _environment: Mapping[str, str]) -> Offsite:
    raise RefusedError(f"No copies can be sent to {place} from here.", "Use restic or rclone on the Docker host.")


@dataclass(frozen=True)
class Host:
    """One stack on one Docker host.

    Attributes:
        choice: which compose service is the database, and why none is where none is.
        reach: finds the way to a service's Postgres when it is needed: it may be down, or recreated since.
        probe: what asks the edge, made when it is needed.
        sql: reads the releases' SQL migrations.
        hooks: calls the operator's own commands; None where none can be called.
        offsite: the way to a place that keeps copies of snapshots.
        image_signatures: verifies the signatures of images.
        caller: asks the stack's APIs for the canary; None where nobody can.
        clusters: makes Postgres servers of another major alongside the stack's.
        rehearsals: makes an isolated copy of the stack.
        cluster: the way to the Kubernetes cluster by a context, "" for the one that is set.
        balancer: the load balancer before the stacks of a fleet.
        neighbour: opens another stack of this host, by its checkout.
        reached: the servers of data that this stack's containers reach.
    """

    config: Config
    state: StatePaths
    repo: Repo
    stack: Stack
    edge: Edge
    files: Files
    clock: Clock
    choice: DatabaseChoice
    reach: Callable[[str], Database]
    probe: Callable[[], EdgeProbe]
    sql: SqlReader
    hooks: Hooks | None = None
    clusters: Callable[[], Clusters] = _no_clusters
    offsite: Callable[[Place, Mapping[str, str]], Offsite] = _no_offsite
    image_signatures: Callable[[], ImageSignatures] = _no_image_signatures
    caller: Caller | None = None
    rehearsals: Callable[[], Rehearsals] = _no_rehearsals
    cluster: Callable[[str], Cluster] = _no_cluster
    balancer: Callable[[], Balancer] = _no_balancer
    neighbour: "Callable[[Path], Host]" = _no_neighbour
    reached: Callable[[], tuple[Reached, ...]] = _no_servers

    @property
    def postgres_service(self) -> str:
        """The compose service that is the database, "" when the stack has none or it cannot be told."""
        return self.choice.service

    def database(self) -> Database:
        """The way to Postgres.

        Raises:
            HostError: the stack has no database, it cannot be told which service it is, or it does not run.
        """
        if not self.choice.service:
            what = self.choice.trouble or f"There is no database to speak to: {self.choice.why_no_snapshot}."
            raise HostError(what, self.choice.hint)
        return self.reach(self.choice.service)

    def of_run(self, service: str) -> "Host":
        """This host with the database that a run was planned with: in mid-run the containers may tell of another."""
        if not service or service == self.choice.service:
            return self
        others = tuple(name for name in (self.choice.service, *self.choice.others) if name not in ("", service))
        return replace(self, choice=DatabaseChoice(service, others))

    def journal(self) -> Journal:
        """Open the journal; what an earlier version kept apart, in `by-hand.db`, is taken into it first."""
        journal = Journal(self.state.journal)
        adopt(journal, self.state.folder / BY_HAND)
        return journal

    @property
    def lock(self) -> Path:
        """Path of the stack's lock: in the git folder, so that every login on this host shares it."""
        return self.repo.git_dir / "avnwizard.lock"

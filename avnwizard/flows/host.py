"""Everything that a flow needs of the world, in one hand."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from avnwizard.domain.config import Config, StatePaths
from avnwizard.domain.docker_context import on_context
from avnwizard.domain.host import ComposeProject
from avnwizard.domain.offsite import Place
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.domain.postgres.names import server_label
from avnwizard.domain.shared_servers import Reached
from avnwizard.engine.adopting import BY_HAND, adopt
from avnwizard.engine.journal import Journal
from avnwizard.errors import HostError, RefusedError
from avnwizard.ports import (
    Clock,
    Clusters,
    Compose,
    Database,
    Edge,
    EdgeProbe,
    Files,
    Platform,
    Rehearsals,
    Repo,
    SqlReader,
    Stack,
)
from avnwizard.ports.balancer import Balancer
from avnwizard.ports.canary import Caller
from avnwizard.ports.cluster import Cluster
from avnwizard.ports.hooks import Hooks
from avnwizard.ports.image_signatures import ImageSignatures
from avnwizard.ports.offsite import Offsite

if TYPE_CHECKING:
    from avnwizard.planned import PlannedStep


class Described(Protocol):
    """What a plan can list: a `Step`."""

    def describe(self) -> "PlannedStep":
        """As the operator reads it."""


def _one_server(_servers: Mapping[str, Database]) -> Database:
    raise RefusedError("Several Postgres servers cannot be reached together here.", "Use a Docker Engine.")


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


def _no_other_files(_project: ComposeProject, _otherwise: ComposeProject | None) -> tuple[Platform, Compose]:
    raise RefusedError("Services cannot be started from other compose files here.", "Use a Docker Engine.")


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
    """One stack, and all that is around it.

    Attributes:
        platform: where it runs, as far as every flow may ask; its database of the service "" is the one outside
            the stack.
        compose: what only a Compose project has; None for a Helm release.
        choice: which service is the database, and why none is where none is.
        join: makes one of several servers, by their labels.
        probe: what asks the edge, made when it is needed.
        sql: reads the releases' SQL migrations.
        hooks: calls the operator's own commands; None where none can be called.
        offsite: the way to a place that keeps copies of snapshots.
        image_signatures: verifies the signatures of images.
        caller: asks the stack's APIs for the canary; None where nobody can.
        clusters: makes Postgres servers of another major alongside the stack's.
        rehearsals: makes an isolated copy of the stack.
        by_files: the same engine by other compose files of the project, and by those of another release.
        cluster: the way to the Kubernetes cluster by a context, "" for the one that is set.
        balancer: the load balancer before the stacks of a fleet.
        neighbour: opens another stack of this host, by its checkout.
        reached: the servers of data that this stack's containers reach.
    """

    config: Config
    state: StatePaths
    repo: Repo
    platform: Platform
    compose: Compose | None
    files: Files
    clock: Clock
    choice: DatabaseChoice
    probe: Callable[[], EdgeProbe]
    sql: SqlReader
    hooks: Hooks | None = None
    clusters: Callable[[], Clusters] = _no_clusters
    offsite: Callable[[Place, Mapping[str, str]], Offsite] = _no_offsite
    image_signatures: Callable[[], ImageSignatures] = _no_image_signatures
    caller: Caller | None = None
    rehearsals: Callable[[], Rehearsals] = _no_rehearsals
    cluster: Callable[[str], Cluster] = _no_cluster
    join: Callable[[Mapping[str, Database]], Database] = _one_server
    by_files: Callable[[ComposeProject, ComposeProject | None], tuple[Platform, Compose]] = _no_other_files
    balancer: Callable[[], Balancer] = _no_balancer
    neighbour: "Callable[[Path], Host]" = _no_neighbour
    reached: Callable[[], tuple[Reached, ...]] = _no_servers

    @property
    def context(self) -> str:
        """The Docker context of the stack's engine, "" for the one that the environment says."""
        return self.config.stack.context

    def reaching(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables by which a command of the operator's reaches this stack's engine, out of an environment."""
        names = ("DOCKER_CONFIG",) if self.context else ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")
        found = {name: environ[name] for name in names if name in environ}
        return found | ({"DOCKER_CONTEXT": self.context} if self.context else {})

    def planned(self, steps: Iterable[Described]) -> "tuple[PlannedStep, ...]":
        """Steps as they describe themselves, with commands that reach this stack's engine when given by hand."""
        found = [one.describe() for one in steps]
        named = [tuple(on_context(argv, self.context) for argv in one.commands) for one in found]
        return tuple(replace(one, commands=argvs) for one, argvs in zip(found, named, strict=True))

    @property
    def stack(self) -> Stack:
        """The Compose project on its engine.

        Raises:
            RefusedError: the stack is no Compose project.
        """
        return self._compose.stack

    @property
    def edge(self) -> Edge:
        """The reverse proxy before the Compose project.

        Raises:
            RefusedError: the stack is no Compose project.
        """
        return self._compose.edge

    @property
    def _compose(self) -> Compose:
        if self.compose is None:
            raise RefusedError(
                f"{self.platform.name} is a Helm release ([kubernetes] in avnwizard.toml); "
                "this command is for Compose stacks.",
                "Use: avnwizard kubernetes check, plan or upgrade. Snapshots, resume, rollback, runs and report work "
                "as for a Compose stack.",
            )
        return self.compose

    @property
    def postgres_service(self) -> str:
        """The service that is the database, "" when the stack has none or it is not known."""
        return self.choice.service

    @property
    def has_database(self) -> bool:
        """Whether there is a server that is snapshotted: a service, several, or one outside the project."""
        return bool(self.choice.servers)

    @property
    def has_clusters(self) -> bool:
        """Whether a Postgres server of another major can be made alongside the stack's."""
        return self.clusters is not _no_clusters

    def of_project(self, project: ComposeProject, otherwise: ComposeProject | None = None) -> "Host":
        """This host by other compose files of its project.

        Args:
            otherwise: the project at another release, whose files count while the checkout is at that one.
        """
        platform, compose = self.by_files(project, otherwise)
        return replace(self, platform=platform, compose=compose)

    def database(self) -> Database:
        """The way to Postgres; with several servers each database is named by its server.

        Raises:
            HostError: the stack has no database, it is not known which service it is, or it does not run.
        """
        servers = self.choice.servers
        if not servers:
            what = self.choice.trouble or f"There is no database to speak to: {self.choice.why_no_snapshot}."
            raise HostError(what, self.choice.hint)
        if len(servers) == 1:
            return self.platform.database(servers[0])
        return self.join({server_label(one): self.platform.database(one) for one in servers})

    def with_one_server(self, what: str) -> Self:
        """This host, where its database is one service of the stack.

        Args:
            what: needs that, for the sentence.

        Raises:
            RefusedError: there are several, or it lies outside the stack.
        """
        if self.choice.also or (self.choice.outside and self.choice.service):
            raise RefusedError(
                f"{what} works on one PostgreSQL server, and this stack has several: {self.choice.named()}. "
                "Nothing was changed.",
                "Name it in avnwizard.toml for as long as this takes: [postgres] service",
            )
        if self.choice.outside:
            raise RefusedError(
                f"{what} works on a PostgreSQL server in a container of the stack, and this one is outside, at "
                f"{self.choice.outside}. Nothing was changed.",
                "Ask whoever runs that server.",
            )
        return self

    def of_run(self, service: str, also: tuple[str, ...] = (), outside: str = "") -> "Host":
        """This host with the databases that a run was planned with: in mid-run the containers may tell of others."""
        choice = self.choice
        if not (service or outside) or (service, also, outside) == (choice.service, choice.also, choice.outside):
            return self
        known = (*choice.services, *choice.others)
        others = tuple(name for name in known if name not in (service, *also))
        return replace(self, choice=DatabaseChoice(service, others, also=also, outside=outside))

    def journal(self) -> Journal:
        """Open the journal; what an earlier version kept apart, in `by-hand.db`, is taken into it first."""
        journal = Journal(self.state.journal)
        adopt(journal, self.state.folder / BY_HAND)
        return journal

    @property
    def lock(self) -> Path:
        """Path of the stack's lock: in the git folder, so that every login on this host shares it."""
        return self.repo.git_dir / "avnwizard.lock"

"""The adapters behind the ports: a stack on a Docker Engine, or a Helm release."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from avnwizard.domain.config import Config, StatePaths
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.wiring.choosing import choose
from avnwizard.wiring.parts import http_probe, sql_reader
from avnwizard.wiring.settings import config_of, default_project

if TYPE_CHECKING:
    from avnwizard.adapters.docker.stack import DockerStack
    from avnwizard.ports import Clusters, Database, Edge, Rehearsals, Repo, Stack


def open_real(directory: Path) -> Host:
    """The stack whose checkout is in a folder, or lies around it."""
    from avnwizard.adapters.canary import HttpCaller
    from avnwizard.adapters.clock import SystemClock
    from avnwizard.adapters.cosign import Cosign
    from avnwizard.adapters.docker.discovery import every_container, project_from
    from avnwizard.adapters.docker.engine import require_engine
    from avnwizard.adapters.docker.reached import reached
    from avnwizard.adapters.docker.server_evidence import evidence_of
    from avnwizard.adapters.docker.stack import DockerStack
    from avnwizard.adapters.files import LocalFiles
    from avnwizard.adapters.git import open_repo
    from avnwizard.adapters.hooks import HostHooks
    from avnwizard.adapters.offsite import offsite
    from avnwizard.adapters.state.finding import find_state
    from avnwizard.adapters.traefik import TraefikEdge

    repo = open_repo(directory)
    state = find_state(repo.directory, repo.git_dir)
    config = config_of(repo, state)
    if config.kubernetes.release:
        return _open_release(config, state, repo)
    require_engine()
    containers = every_container()
    section = config.stack
    project = project_from(
        containers, repo.directory, named=section.project, files=section.files, env_file=section.env_file
    )
    project = project or default_project(repo.directory, config)
    stack = DockerStack(project)
    choice = choose(stack, config, evidence_of(containers, project.name))
    edge = TraefikEdge(project.name)
    reach, sql = partial(_container_database, stack), sql_reader()
    around = (LocalFiles(), SystemClock(), choice, reach, http_probe, sql, HostHooks(), _clusters, offsite, Cosign)
    caller, servers = HttpCaller(stack.containers), partial(reached, project.name)
    return Host(config, state, repo, stack, edge, *around, caller=caller, rehearsals=_rehearsals, reached=servers)


def _open_release(config: Config, state: StatePaths, repo: "Repo") -> Host:
    """A stack that is a Helm release: no Docker Engine is asked."""
    from typing import cast

    from avnwizard.adapters.clock import SystemClock
    from avnwizard.adapters.files import LocalFiles
    from avnwizard.adapters.hooks import HostHooks
    from avnwizard.adapters.kubernetes import KubeCluster
    from avnwizard.adapters.kubernetes.no_compose import NoCompose
    from avnwizard.adapters.offsite import offsite
    from avnwizard.domain.kubernetes.orders import ReleasePlace

    section = config.kubernetes

    def cluster(context: str) -> KubeCluster:
        return KubeCluster(ReleasePlace(context or section.context, section.namespace, section.release))

    def database(_service: str) -> "Database":
        from avnwizard.adapters.kubernetes.postgres_pod import PodPostgresAccess
        from avnwizard.adapters.postgres import PostgresDatabase

        access = PodPostgresAccess(cluster("").calls, section.postgres, section.container)
        return PostgresDatabase(access)

    nothing = NoCompose(section.release, repo.directory)
    stack, edge = cast("Stack", nothing), cast("Edge", nothing)
    choice = DatabaseChoice("postgres") if section.postgres else DatabaseChoice(declared_none=True)
    around = (LocalFiles(), SystemClock(), choice, database, http_probe, sql_reader(), HostHooks())
    return Host(config, state, repo, stack, edge, *around, offsite=offsite, cluster=cluster)


def _container_database(stack: "DockerStack", service: str) -> "Database":
    from avnwizard.adapters.postgres import PostgresDatabase
    from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess

    running = [one for one in stack.containers(service) if one.state == "running" and not one.one_off]
    if not running:
        raise HostError(
            f"The database service {printable(service)} does not run.",
            f"Start it: docker compose up -d {printable(service)}",
        )
    return PostgresDatabase(ContainerPostgresAccess(running[0].id))


def _clusters() -> "Clusters":
    from avnwizard.adapters.postgres.clusters import DockerClusters

    return DockerClusters()


def _rehearsals() -> "Rehearsals":
    from avnwizard.adapters.docker.rehearsals import DockerRehearsals

    return DockerRehearsals()

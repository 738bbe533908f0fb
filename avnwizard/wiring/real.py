"""The adapters behind the ports: a stack on a Docker Engine, or a Helm release."""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from avnwizard.domain.config import Config, StatePaths
from avnwizard.domain.host import ComposeProject
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.domain.postgres.outside import OutsideServer
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.wiring.choosing import choose
from avnwizard.wiring.outside_password import password_of
from avnwizard.wiring.parts import http_probe, sql_reader
from avnwizard.wiring.settings import config_of, default_project

if TYPE_CHECKING:
    from avnwizard.adapters.docker.stack import DockerStack
    from avnwizard.ports import Clusters, Database, Rehearsals, Repo

Environ = Mapping[str, str] | None
"""In which docker runs; None for this process's."""


def open_real(directory: Path) -> Host:
    """The stack whose checkout is in a folder, or lies around it."""
    from avnwizard.adapters.canary import HttpCaller
    from avnwizard.adapters.clock import SystemClock
    from avnwizard.adapters.compose_platform import ComposePlatform
    from avnwizard.adapters.cosign import Cosign
    from avnwizard.adapters.docker.cli import DockerCli
    from avnwizard.adapters.docker.discovery import every_container, project_from
    from avnwizard.adapters.docker.engine import require_engine
    from avnwizard.adapters.docker.reach import environment_of
    from avnwizard.adapters.docker.reached import reached
    from avnwizard.adapters.docker.server_evidence import evidence_of
    from avnwizard.adapters.docker.stack import DockerStack
    from avnwizard.adapters.files import LocalFiles
    from avnwizard.adapters.git import open_repo
    from avnwizard.adapters.hooks import HostHooks
    from avnwizard.adapters.offsite import offsite
    from avnwizard.adapters.postgres.several import SeveralServers
    from avnwizard.adapters.state.finding import find_state
    from avnwizard.adapters.traefik import TraefikEdge
    from avnwizard.ports import Compose, Platform

    repo = open_repo(directory)
    state = find_state(repo.directory, repo.git_dir)
    config = config_of(repo, state)
    if config.kubernetes.release:
        return _open_release(config, state, repo)
    section = config.stack
    environ = environment_of(section.context, os.environ)
    cli = DockerCli(environ)
    require_engine(cli)
    containers = every_container(environ)
    project = project_from(
        containers, repo.directory, named=section.project, files=section.files, env_file=section.env_file
    )
    project = project or default_project(repo.directory, config)
    stack = DockerStack(project, environ=environ)
    choice = choose(stack, config, evidence_of(containers, project.name, environ=environ))
    edge = TraefikEdge(project.name, environ=environ)
    asking = partial(http_probe, config, cli.reach.host or "")
    clusters, rehearsals = partial(_clusters, environ), partial(_rehearsals, environ)
    around = (LocalFiles(), SystemClock(), choice, asking, sql_reader(), HostHooks(), clusters, offsite, Cosign)
    caller = HttpCaller(stack.containers, environ=environ)

    def by_files(project: ComposeProject, otherwise: ComposeProject | None = None) -> tuple[Platform, Compose]:
        made = DockerStack(project, otherwise=otherwise, environ=environ)
        access = partial(_database, made, config.postgres.outside, environ)
        return ComposePlatform(made, edge, access, context=section.context), Compose(made, edge)

    platform, compose = by_files(project)
    host = Host(config, state, repo, platform, compose, *around, caller=caller, rehearsals=rehearsals)
    servers = partial(reached, project.name, environ)
    return replace(host, join=SeveralServers, by_files=by_files, reached=servers)


def _open_release(config: Config, state: StatePaths, repo: "Repo") -> Host:
    """A stack that is a Helm release: no Docker Engine is asked."""
    from avnwizard.adapters.clock import SystemClock
    from avnwizard.adapters.files import LocalFiles
    from avnwizard.adapters.hooks import HostHooks
    from avnwizard.adapters.kubernetes import KubeCluster
    from avnwizard.adapters.kubernetes.platform import HelmPlatform
    from avnwizard.adapters.offsite import offsite
    from avnwizard.domain.kubernetes.orders import ReleasePlace

    section = config.kubernetes

    def cluster(context: str) -> KubeCluster:
        return KubeCluster(ReleasePlace(context or section.context, section.namespace, section.release))

    def database() -> "Database":
        from avnwizard.adapters.kubernetes.postgres_pod import PodPostgresAccess
        from avnwizard.adapters.postgres import PostgresDatabase

        access = PodPostgresAccess(cluster("").calls, section.postgres, section.container)
        return PostgresDatabase(access)

    server = config.postgres.outside
    outside = partial(_release_database, server, section.release, repo.directory / ".env") if server else None
    platform = HelmPlatform(section, cache(partial(cluster, "")), database, outside)
    choice = DatabaseChoice(
        "postgres" if section.postgres else "",
        outside=server.name if server else "",
        declared_none=not (section.postgres or server),
    )
    around = (LocalFiles(), SystemClock(), choice, http_probe, sql_reader(), HostHooks())
    from avnwizard.adapters.postgres.several import SeveralServers

    return Host(
        config, state, repo, platform, None, *around, offsite=offsite, cluster=cluster, join=SeveralServers
    )  # fmt: skip


def _release_database(server: OutsideServer, release: str, env_file: Path) -> "Database":
    """The server outside the cluster, by the client tools of this host, or of an image where that is set."""
    from avnwizard.adapters.postgres.outside import OutsideDatabase

    return OutsideDatabase(
        server, partial(password_of, server, env_file), lambda: None, f"avnwizard-proof-{release}"
    )  # fmt: skip


def _database(stack: "DockerStack", outside: OutsideServer | None, environ: Environ, service: str) -> "Database":
    return _container_database(stack, environ, service) if service else _outside_database(stack, outside)


def _outside_database(stack: "DockerStack", server: OutsideServer | None) -> "Database":
    from avnwizard.adapters.postgres.outside import OutsideDatabase

    if server is None:
        raise HostError(
            "The databases are on a server outside this stack, and avnwizard.toml no longer says where.",
            "Put [postgres] dsn back, then give the same command again.",
        )
    password = partial(password_of, server, stack.project.env_file)
    return OutsideDatabase(
        server, password, lambda: stack.engine().free_bytes, f"avnwizard-proof-{stack.project.name}"
    )


def _container_database(stack: "DockerStack", environ: Environ, service: str) -> "Database":
    from avnwizard.adapters.postgres import PostgresDatabase
    from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess

    running = [one for one in stack.containers(service) if one.state == "running" and not one.one_off]
    if not running:
        raise HostError(
            f"The database service {printable(service)} does not run.",
            f"Start it: docker compose up -d {printable(service)}",
        )
    return PostgresDatabase(ContainerPostgresAccess(running[0].id, environ=environ))


def _clusters(environ: Environ) -> "Clusters":
    from avnwizard.adapters.postgres.clusters import DockerClusters

    return DockerClusters(environ)


def _rehearsals(environ: Environ) -> "Rehearsals":
    from avnwizard.adapters.docker.rehearsals import DockerRehearsals

    return DockerRehearsals(environ)

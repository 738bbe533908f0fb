"""Puts adapters, or the practice host, behind the ports. The one module that sees all."""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avnwizard.domain.config import (
    AVNOLOGY_ENV_FILE,
    AVNOLOGY_FILES,
    COMPOSE_ENV_FILE,
    COMPOSE_FILES,
    FILE_NAME,
    Config,
    StatePaths,
    parse_config,
)
from avnwizard.domain.config_verify import VerifySection
from avnwizard.domain.host import ComposeModel, ComposeProject
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.choice import DatabaseChoice, choose_database
from avnwizard.domain.postgres.server import Evidence, Judgement, judge, judge_service
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host

if TYPE_CHECKING:
    from avnwizard.adapters.docker.stack import DockerStack
    from avnwizard.adapters.git import GitRepo
    from avnwizard.ports import Clusters, Database, Edge, EdgeProbe, Rehearsals, Repo, SqlReader, Stack
    from avnwizard.practice.host import PracticeHost


BAKE_S = "AVNWIZARD_BAKE_S"
"""Environment: for how many seconds a verified release is watched, over `[verify] bake_s`."""
_PRACTICE_BAKE_S = 6.0


def open_host(directory: Path) -> Host:
    """The stack whose checkout a directory lies in.

    Raises:
        HostError: not a git checkout, or the engine does not answer.
        UsageError: `avnwizard.toml` is malformed.
    """
    from avnwizard.practice.place import is_practice

    if not directory.is_dir():
        raise RefusedError(f"There is no directory {directory}.", "Give the stack's checkout with --stack DIR.")
    return _open_practice(directory) if is_practice(directory) else _open_real(directory)


def open_checkout(inside: Path) -> "Repo":
    """The git checkout that a path lies in, for reading its tags: no engine and no stack is needed.

    Raises:
        HostError: it lies in none.
    """
    from avnwizard.adapters.git import open_repo

    place = inside.resolve()
    return open_repo(next((one for one in (place, *place.parents) if (one / ".git").exists()), place))


def _open_real(directory: Path) -> Host:
    from avnwizard.adapters.canary import HttpCaller
    from avnwizard.adapters.clock import SystemClock
    from avnwizard.adapters.cosign import Cosign
    from avnwizard.adapters.docker.discovery import every_container, project_from
    from avnwizard.adapters.docker.engine import require_engine
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
    config = _config(repo, state)
    if config.kubernetes.release:
        return _open_release(config, state, repo)
    require_engine()
    containers = every_container()
    section = config.stack
    project = project_from(
        containers, repo.directory, named=section.project, files=section.files, env_file=section.env_file
    )
    project = project or _default_project(repo.directory, config)
    stack = DockerStack(project)
    choice = _choose(stack, config, evidence_of(containers, project.name))
    edge = TraefikEdge(project.name)
    reach, sql = partial(_container_database, stack), sql_reader()
    around = (LocalFiles(), SystemClock(), choice, reach, _http_probe, sql, HostHooks(), _clusters, offsite, Cosign)
    caller = HttpCaller(stack.containers)
    return Host(config, state, repo, stack, edge, *around, caller=caller, rehearsals=_rehearsals)


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
    around = (LocalFiles(), SystemClock(), choice, database, _http_probe, sql_reader(), HostHooks())
    return Host(config, state, repo, stack, edge, *around, offsite=offsite, cluster=cluster)


def _choose(stack: "Stack", config: Config, found: Sequence[Evidence]) -> DatabaseChoice:
    """Which service is the database, by the containers; a service without one is known by the compose files.

    Those are asked only where the containers do not settle it: in mid-run they may not resolve.
    """
    made = {one.service: judge_service(e for e in found if e.service == one.service) for one in found}
    choice = choose_database(config.postgres.service, made)
    if not choice.trouble or len([what for what in made.values() if what == "server"]) > 1:
        return choice
    try:
        planned = _by_model(stack.resolve())
    except HostError:
        if found:
            return choice
        raise
    said = config.postgres.service
    if planned.get(said) == "other":
        planned[said] = "unsure"  # an image's name does not outweigh what the operator says
    return choose_database(said, planned | made)


def _by_model(model: ComposeModel) -> dict[str, Judgement]:
    """What the services are, as far as the compose files tell."""
    parts = {name: model.raw.get("services", {}).get(name) or {} for name in model.services}
    return {
        name: judge(Evidence(name, service.image, command=_words(parts[name])))
        for name, service in model.services.items()
    }


def _words(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Entrypoint and command where the compose file sets them."""
    parts = (service.get("entrypoint"), service.get("command"))
    return tuple(word for part in parts for word in ([part] if isinstance(part, str) else part or ()))


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


def sql_reader() -> "SqlReader":
    """What reads SQL, with a stack and without."""
    from avnwizard.adapters.sql.reader import ChildSqlReader

    return ChildSqlReader()


def _http_probe() -> "EdgeProbe":
    from avnwizard.adapters.edge import HttpProbe

    return HttpProbe()


def _open_practice(directory: Path) -> Host:
    from avnwizard.practice.host import open_host as open_practice

    return _practice_host(open_practice(directory))


def _practice_host(practice: "PracticeHost") -> Host:
    from avnwizard.adapters.cosign import Cosign
    from avnwizard.adapters.files import LocalFiles
    from avnwizard.adapters.git import open_repo
    from avnwizard.adapters.hooks import HostHooks
    from avnwizard.adapters.offsite import offsite
    from avnwizard.adapters.postgres import PostgresDatabase
    from avnwizard.practice.disk import PracticeDatabase
    from avnwizard.practice.edge_probe import PracticeEdge

    repo = open_repo(practice.project.directory)
    state = StatePaths(practice.home / "state")
    config = _config(repo, state, bake_s=_PRACTICE_BAKE_S)
    database = PracticeDatabase(PostgresDatabase(practice.postgres), practice.stack.observer)
    stack, edge, clock = practice.stack, practice.edge, practice.clock
    choice = _choose(stack, config, stack.server_evidence())
    probe = PracticeEdge(practice.state, practice.stack.observer)
    sql = sql_reader()
    reach, asking = lambda _service: database, lambda: probe
    around = (LocalFiles(), clock, choice, reach, asking, sql, HostHooks())
    copies = _practice_rehearsals(practice)
    return Host(
        config, state, repo, stack, edge, *around, offsite=offsite, image_signatures=Cosign, rehearsals=lambda: copies
    )


def _practice_rehearsals(practice: "PracticeHost") -> "Rehearsals":
    from avnwizard.adapters.postgres import PostgresDatabase
    from avnwizard.adapters.postgres.emptying import empty_tables
    from avnwizard.practice.disk import PracticeDatabase
    from avnwizard.practice.rehearsals import PracticeRehearsals

    return PracticeRehearsals(
        practice, lambda access, observer: PracticeDatabase(PostgresDatabase(access), observer), empty_tables
    )


@dataclass(frozen=True)
class Practice:
    """A practice stack that was just made, and its `Host`."""

    host: Host
    home: Path
    _practice: "PracticeHost"

    def rest(self) -> None:
        """Stop its Postgres; the next look starts it again."""
        self._practice.cluster.stop()

    def remove(self) -> None:
        """Remove it whole."""
        self._practice.destroy()
        shutil.rmtree(self.home, ignore_errors=True)


def make_practice(directory: Path, *, speed: float, failures: Sequence[str] = ()) -> Practice:
    """Make a practice stack at v1.5.0 in an empty folder, with failures ordered.

    Raises:
        RefusedError: the folder is not empty, or the `demo` extra is missing.
        UsageError: there is no such failure.
    """
    from avnwizard.practice import failures as orders
    from avnwizard.practice.workshop import make

    wanted = [orders.parse(name) for name in failures]
    practice = make(directory, speed=speed)
    for failure in wanted:
        practice.failures.order(failure)
    return Practice(_practice_host(practice), practice.home, practice)


def remove_practice(folder: Path, *, only_reports: bool = False) -> None:
    """Remove a practice stack with its PostgreSQL.

    Args:
        only_reports: a folder in which a demo left nothing but its reports is removed too.

    Raises:
        RefusedError: there is none in the folder, or a run is live on it.
    """
    from avnwizard.engine.lock import holder
    from avnwizard.practice.host import open_host as open_practice

    try:
        practice = open_practice(folder)
    except RefusedError:
        if not only_reports:
            raise
        shutil.rmtree(folder, ignore_errors=True)
        return
    if live := holder(_practice_host(practice).lock):
        raise RefusedError(f"Run {live.get('run', '?')} is live on it.", "Wait for its end, or: avnwizard abort")
    practice.destroy()
    shutil.rmtree(practice.home, ignore_errors=True)


def _config(repo: "GitRepo", state: StatePaths, *, bake_s: float | None = None) -> Config:
    """The stack's own file, else the defaults.

    Args:
        bake_s: the default of `[verify] bake_s`, where it is another one.
    """
    config = next((found for folder in (repo.directory, state.folder) if (found := _read(folder / FILE_NAME))), None)
    ordered = os.environ.get(BAKE_S)
    if ordered is not None:
        section = parse_config(f"[verify]\nbake_s = {ordered}\n", source=BAKE_S).verify
    else:
        section = VerifySection(VerifySection.bake_s if bake_s is None else bake_s)
        section = config.verify if config and config.verify != VerifySection() else section
    return replace(config or Config(), verify=section)


def _read(file: Path) -> Config | None:
    return parse_config(_content(file), source=str(file)) if file.is_file() else None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise RefusedError(f"{file} cannot be read: {error.strerror}.", "Look at its owner and mode.") from error


def _default_project(directory: Path, config: Config) -> ComposeProject:
    """Where no container tells: `avnwizard.toml`, then Avnology's files, then what Compose looks for by itself."""
    files = tuple(directory / name for name in config.stack.files or _usual_files(directory))
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise RefusedError(
            f"No running container belongs to {directory}, and there is no {missing[0].name}.",
            f"Start the stack, or name its compose files in {FILE_NAME} ([stack] files).",
        )
    place = files[0].parent if files else directory  # as Compose takes it, where nobody says
    env_file = directory / (config.stack.env_file or AVNOLOGY_ENV_FILE)
    if not (config.stack.env_file or env_file.is_file() or files[0].name in AVNOLOGY_FILES):
        env_file = place / COMPOSE_ENV_FILE
    name = config.stack.project or _project_name(files, env_file)
    return ComposeProject(name, place, files, env_file, env_optional=env_file == place / COMPOSE_ENV_FILE)


def _project_name(files: Sequence[Path], env_file: Path) -> str:
    """As Compose decides: by the env file, then by the last file that has a `name:`, then by the folder."""
    from avnwizard.domain.compose.document import read
    from avnwizard.domain.envfile import EnvFile

    env = EnvFile.parse_release(_content(env_file)) if env_file.is_file() else None
    named = [(env.literal("COMPOSE_PROJECT_NAME") if env else None) or ""]
    named += [str(read(_content(file).decode("utf-8", "replace")).get("name") or "") for file in reversed(files)]
    found = next((one for one in named if one and "$" not in one), files[0].parent.name)
    return re.sub(r"[^a-z0-9_-]", "", found.lower()).lstrip("_-")


def _usual_files(directory: Path) -> tuple[str, ...]:
    """Avnology's compose file; in a checkout that lacks it those that Compose finds there by itself."""
    if not (directory / AVNOLOGY_FILES[0]).is_file():
        for name in COMPOSE_FILES:
            if (directory / name).is_file():
                path = Path(name)
                over = (f"{path.stem}.override.yml", f"{path.stem}.override.yaml")
                return (name, *[one for one in over if (directory / one).is_file()][:1])
    return AVNOLOGY_FILES

"""What a Docker host and its Compose project look like to the wizard: plain values, no behaviour."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

DEFAULT_GRACE_S = 10.0
"""How long Docker waits after SIGTERM where nothing is said."""
Health = Literal["none", "starting", "healthy", "unhealthy"]
ContainerState = Literal["created", "running", "paused", "restarting", "removing", "exited", "dead"]


@dataclass(frozen=True)
class ComposeProject:
    """Which Compose project this is, as its running containers' labels tell.

    Attributes:
        name: Compose's project name; it prefixes volumes and networks, so it must never change.
        directory: the project directory, the operator's checkout.
        files: the compose files in use, absolute, in order.
        env_file: the `--env-file` in use, absolute.
        env_optional: it is the one that Compose looks for by itself, so there may be none.
        env_absent: there is none.
    """

    name: str
    directory: Path
    files: tuple[Path, ...]
    env_file: Path
    env_optional: bool = False
    env_absent: bool = False

    @property
    def env_in_use(self) -> Path | None:
        """The env file, where there is one."""
        return None if self.env_absent else self.env_file

    def with_env_file(self, file: Path) -> Self:
        """This project with another env file."""
        return replace(self, env_file=file, env_optional=file == self.directory / ".env", env_absent=False)


@dataclass(frozen=True)
class EngineFacts:
    """The Docker Engine.

    Attributes:
        free_bytes: space left on the file system of `root_dir`; None where it cannot be seen from here.
        min_api: the oldest API that it takes, such as "1.44"; "" where it does not tell.
        elsewhere: it is not reached by a socket of this host.
        rootless: it runs without root, so containers' own addresses cannot be reached from this host.
    """

    version: str
    compose_version: str
    root_dir: str
    free_bytes: int | None
    min_api: str = ""
    elsewhere: bool = False
    rootless: bool = False


@dataclass(frozen=True)
class Mount:
    """A volume or a folder of the host, where a container has it.

    Attributes:
        source: the volume's name on the engine, "" for an anonymous one that is yet to be made; or the host's path.
        subpath: the part of the volume that is mounted, "" for all of it.
    """

    kind: Literal["volume", "bind"]
    source: str
    target: str
    writable: bool = True
    subpath: str = ""


@dataclass(frozen=True)
class Container:
    """One container of the project, running or not.

    Attributes:
        number: Compose's replica number within the service.
        image_id: content id of the image it runs ("sha256:…").
        config_hash: the hash that Compose wrote on it when it made it. `config --hash` prints another one for many
            services, so whether `up` would replace the container is for Compose to say (`Stack.outdated`).
        one_off: made by `compose run`.
        created_at: seconds since the epoch.
        started_at: when it was last started, in the same seconds; 0.0 for never.
        restarts: how often the engine has started it again because it ended (`RestartCount`).
        lives_in: ids of the containers whose network, processes or shared memory it uses.
        mounts: the volumes and folders that it has, as the engine reports.
        published: the host ports that it holds while it runs, spelled as in `Service`.
        made_from: the compose files that it was made from, absolute; () where nothing says so.
        made_in: the project directory that it was made in; "" where nothing says so.
        pgdata: its variable PGDATA, "" for none.
    """

    id: str
    name: str
    service: str
    number: int
    image: str
    image_id: str
    state: ContainerState
    health: Health
    exit_code: int
    config_hash: str
    one_off: bool
    created_at: float
    labels: dict[str, str] = field(default_factory=dict, repr=False, hash=False)
    started_at: float = 0.0
    restarts: int = 0
    lives_in: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    published: tuple[str, ...] = ()
    made_from: tuple[str, ...] = ()
    made_in: str = ""
    pgdata: str = ""

    @property
    def make(self) -> tuple[str, str]:
        """The image and the configuration that it was made from: replicas of a service are of one make."""
        return self.image_id, self.config_hash

    @property
    def is_serving(self) -> bool:
        """Running, and healthy where it has a health check."""
        return self.state == "running" and self.health in {"none", "healthy"}


@dataclass(frozen=True)
class Image:
    """An image on this host.

    Attributes:
        id: content id ("sha256:…").
        digest: the registry's digest ("sha256:…"), "" for an image that never saw a registry.
        environment: the variables that its containers start with.
        volumes: the paths that get an anonymous volume where nothing else is mounted.
        sources: from where it can be pulled again, as "NAME@sha256:…"; () for one that never saw a registry.
    """

    reference: str
    id: str
    digest: str
    size_bytes: int
    environment: dict[str, str] = field(default_factory=dict, repr=False, hash=False)
    volumes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """One service of the resolved compose model.

    Attributes:
        depends_on: service name -> Compose's condition ("service_started", "service_healthy",
            "service_completed_successfully").
        published: host ports that the service fixes ("127.0.0.1:80"), which make a second replica impossible.
        health_test: the health check's command, words apart or as one text behind "CMD-SHELL".
        check_s: how long it takes at most until the next check has ended: its interval and its timeout.
        replicas: as `deploy.replicas` or `scale` say, else 1.
        stop_grace_s: `stop_grace_period`, Docker's default where unset.
        single: why its network, devices or namespaces allow one container only, "" when they allow more.
        owners: the services whose network, processes, shared memory or volumes its containers use.
        volumes: its mounts in the short syntax, by the compose file's names; with those that it takes from other
            services (`volumes_from`).
    """

    name: str
    image: str
    depends_on: dict[str, str] = field(default_factory=dict)
    container_name: str = ""
    published: tuple[str, ...] = ()
    has_healthcheck: bool = False
    health_test: tuple[str, ...] = ()
    start_period_s: float = 0.0
    check_s: float = 0.0
    volumes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    restart: str = ""
    replicas: int = 1
    stop_grace_s: float = DEFAULT_GRACE_S
    single: str = ""
    owners: tuple[str, ...] = ()


@dataclass(frozen=True)
class ComposeModel:
    """The compose files as Compose resolves them with one env file.

    Attributes:
        raw: the whole model, as `docker compose config --format json` prints it. It holds secrets: never
            put it in a plan, a journal or a message.
    """

    services: dict[str, Service]
    raw: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class DatabaseFacts:
    """One database of the server; `size_bytes` as pg_database_size says."""

    name: str
    owner: str
    size_bytes: int


@dataclass(frozen=True)
class ServerFacts:
    """The Postgres server. `version` such as "17.2"; `major` such as 17; `wal_lsn` is the flushed WAL position."""

    version: str
    major: int
    data_directory: str
    wal_lsn: str = ""

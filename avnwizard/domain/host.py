"""What a Docker host and its Compose project look like to the wizard: plain values, no behaviour."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

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
    """

    name: str
    directory: Path
    files: tuple[Path, ...]
    env_file: Path


@dataclass(frozen=True)
class EngineFacts:
    """The Docker Engine.

    Attributes:
        free_bytes: space left on the file system of `root_dir`; None where it cannot be seen from here.
    """

    version: str
    compose_version: str
    root_dir: str
    free_bytes: int | None


@dataclass(frozen=True)
class Container:
    """One container of the project, running or not.

    Attributes:
        number: Compose's replica number within the service.
        image_id: content id of the image it runs ("sha256:…").
        config_hash: Compose's hash of the service's configuration; equal means `up` has nothing to do.
        one_off: made by `compose run`.
        created_at: seconds since the epoch.
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
        variables: the environment that the image itself sets, such as its program's version.
    """

    reference: str
    id: str
    digest: str
    size_bytes: int
    variables: dict[str, str] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True)
class Service:
    """One service of the resolved compose model.

    Attributes:
        depends_on: service name -> Compose's condition ("service_started", "service_healthy",
            "service_completed_successfully").
        published: host ports that the service fixes ("127.0.0.1:80"), which make a second replica impossible.
        health_test: the health check's command, words apart or as one text behind "CMD-SHELL".
        config_hash: Compose's own hash; "" where the model was not resolved by Compose.
        replicas: as `deploy.replicas` or `scale` say, else 1.
        stop_grace_s: `stop_grace_period`, Docker's default where unset.
    """

    name: str
    image: str
    depends_on: dict[str, str] = field(default_factory=dict)
    container_name: str = ""
    published: tuple[str, ...] = ()
    has_healthcheck: bool = False
    health_test: tuple[str, ...] = ()
    start_period_s: float = 0.0
    volumes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    restart: str = ""
    replicas: int = 1
    stop_grace_s: float = DEFAULT_GRACE_S
    config_hash: str = ""


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
class Head:
    """Where the checkout stands. `tag` is the release tag at HEAD, "" when there is none."""

    commit: str
    tag: str
    branch: str
    """"" when HEAD is detached, as the manual's `git checkout TAG` leaves it."""


@dataclass(frozen=True)
class TagRef:
    """A tag of the repository. `date` is ISO 8601 of the tag (annotated) or of its commit."""

    name: str
    commit: str
    date: str
    annotated: bool
    signed: bool


@dataclass(frozen=True)
class RepoState:
    """Facts that decide whether a checkout can be moved.

    Attributes:
        edited: tracked files that differ from HEAD, in the index or in the work tree, relative paths.
        busy: a merge, rebase, cherry-pick or bisect in progress, by name; "" when none.
        locked: `.git/index.lock` exists.
    """

    shallow: bool
    edited: tuple[str, ...]
    busy: str
    locked: bool
    remote: str


@dataclass(frozen=True)
class Merge:
    """A three-way merge of one file with the operator's edits. `content` is None when the target has no such file."""

    path: str
    content: bytes | None
    conflict: bool


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

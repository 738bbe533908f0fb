"""`avnwizard.toml`: the few lines that make anyone's git-tagged compose project work. Avnology's needs none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Interval

from avnwizard.domain.config_canary import CanarySection
from avnwizard.domain.config_fleet import FleetSection
from avnwizard.domain.config_hooks import HooksSection
from avnwizard.domain.config_images import ImagesSection
from avnwizard.domain.config_kubernetes import KubernetesSection
from avnwizard.domain.config_postgres import PostgresSection
from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.config_rehearse import RehearseSection
from avnwizard.domain.config_rotation import RotationSection
from avnwizard.domain.config_snapshot import SnapshotSection
from avnwizard.domain.config_verify import VerifySection
from avnwizard.domain.data_way import DataWay
from avnwizard.domain.handover import Handover
from avnwizard.domain.plain import printable
from avnwizard.domain.secret import redact_urls
from avnwizard.domain.toml_text import read_toml
from avnwizard.errors import UsageError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FILE_NAME = "avnwizard.toml"
AVNOLOGY_FILES = ("docker-compose.traefik.yml",)
AVNOLOGY_ENV_FILE = ".env.production"
COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
COMPOSE_ENV_FILE = ".env"
"""What Compose looks for by itself, in its order (compose-go, `cli.DefaultFileNames`)."""
_STRICT = {"extra": "forbid"}
"""`pydantic.ConfigDict`, as what these classes carry for the reading: an unknown key is an error."""
_MANY = 64
_PATH = re.compile(r"/[!-~]*")
_CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_HOLD_S = 120
_HOUR_S, _DAY_S = 3600, 86400

Strategy = Literal["job", "surge", "recreate", "skip"]


@dataclass(frozen=True)
class StackSection:
    """`[stack]`: what the running containers' labels do not tell. Paths are relative to the checkout.

    Attributes:
        files: the compose files; used where they leave out none that a container was made from. () is what the
            containers tell, and Avnology's own file where none runs.
        env_file: used where no container runs, or where the containers disagree. "" is what they tell, alike.
        project: Compose's project name; "" lets Compose decide as it does for `docker compose up`.
        example: the example env file that each release ships.
        changelog: where each release keeps its changelog or its folder of release notes; or a forge's list of
            releases that you saved in the checkout (a name that ends in .json).
        migrations: folder of the release's SQL migrations.
        context: the Docker context of the engine that runs the stack, such as one on another host over SSH. "" is
            the engine that the environment says.
    """

    __pydantic_config__ = _STRICT

    product: str = "Avnology ID"
    project: str = ""
    files: tuple[str, ...] = ()
    env_file: str = ""
    example: str = ".env.example"
    changelog: str = "CHANGELOG.md"
    migrations: str = "deploy/docker/migrations"
    context: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no context; `ValueError` names the key first."""
        if self.context and not _CONTEXT.fullmatch(self.context):
            raise ValueError("context: Must be a name that `docker context ls` shows")


@dataclass(frozen=True)
class ReleasesSection:
    """`[releases]`: which of the repository's tags are releases of this product.

    Attributes:
        pattern: a regular expression that the whole name of a release's tag matches, such as "v[0-9.]+". "": the tags
            that are named as the current one, and come after it.
        trusted_keys: files with the public keys (OpenPGP or OpenSSH) that sign this product's releases, as absolute
            paths outside the checkout. Without them your own keyring and git settings decide whom you trust.
        require_signature: whether a release whose tag carries no verified signature is refused.
        every_days: how often the product is released: `check` names the deprecations that end within so many days.
        deprecation_months: for how long what a release deprecates stays, at the least.
    """

    __pydantic_config__ = _STRICT

    pattern: str = ""
    trusted_keys: tuple[str, ...] = ()
    require_signature: bool = False
    every_days: Annotated[int, Interval(ge=1, le=366)] = 30
    deprecation_months: Annotated[int, Interval(ge=0, le=60)] = 6

    def __post_init__(self) -> None:
        """Refuse what is no regular expression; `ValueError` names the key first."""
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"pattern: Must be a regular expression: {error}") from error
        for key in self.trusted_keys:
            if not key.startswith("/"):
                raise ValueError(f"trusted_keys: Must be absolute paths: {key!r} is none")


@dataclass(frozen=True)
class LockstepSection:
    """`[lockstep]`: services whose images are tested together and must never be bumped alone."""

    __pydantic_config__ = _STRICT

    name: str = "Ory"
    services: tuple[str, ...] = ("kratos", "hydra", "keto", "oathkeeper", "polis")


@dataclass(frozen=True)
class RollSection:
    """`[roll]`: overrides per service, and how long a container may take to become healthy.

    Attributes:
        strategy: service name -> strategy.
        healthy_s: seconds to wait on top of a service's own `start_period`.
        handover: service name -> handover, where a surge shall not hand over as it would by itself.
        drain_s: seconds that an old container keeps running after the new one is healthy, where nobody can tell
            whether it is still asked.
        drain_limit_s: seconds for which the connections of an old container are waited for at most.
        mounts: "SERVICE:PATH" -> the volume or folder that the service may start on there, though its files lay
            elsewhere until then, or another service writes there too: the operator vouches for it.
        ready: service name -> the path that avnwizard asks a new container for where no health check says when it is
            ready; by itself it asks for the path of the route, and takes any answer below 500.
        at_once: how many services that do not depend on each other are rolled at the same time; 0 is two for each
            core of the engine's machine. Fewer where its free memory is not enough for all.
        hold_s: seconds for which, about, a request waits inside Traefik (v3) while its service is recreated or its
            databases go back, before it is refused; 0 refuses at once.
    """

    __pydantic_config__ = _STRICT

    strategy: dict[str, Strategy] = field(default_factory=dict)
    handover: dict[str, Handover] = field(default_factory=dict)
    healthy_s: Annotated[float, Interval(ge=1, le=_DAY_S)] = 120.0
    drain_s: Annotated[float, Interval(ge=0, le=_HOUR_S)] = 2.0
    drain_limit_s: Annotated[float, Interval(ge=0, le=_DAY_S)] = 30.0
    mounts: dict[str, str] = field(default_factory=dict)
    ready: dict[str, str] = field(default_factory=dict)
    at_once: Annotated[int, Interval(ge=0, le=_MANY)] = 0
    hold_s: Annotated[float, Interval(ge=0, le=_HOLD_S)] = 10.0

    def __post_init__(self) -> None:
        """Refuse what is no path, and a path that holds a password."""
        for service, path in self.ready.items():
            if not _PATH.fullmatch(path) or redact_urls(path) != path:
                raise ValueError(f"ready.{service}: Must be a path such as /healthz, without a space or a password")


@dataclass(frozen=True)
class RollbackSection:
    """`[rollback]`: what going back may rely on and what it keeps.

    Attributes:
        compatible: databases whose newer schema the old code can work with: the operator vouches for it.
        save_rows: after a restore, also dump the tables that were written to since the snapshot.
        data: service -> what becomes of the data in its volumes where an upgrade changes its image. "keep": the
            previous version starts on it as it is. "stay": the newer version keeps running. "copy": the volumes are
            copied before the newer version first starts, and put back. "drop": they are emptied (a cache).
    """

    __pydantic_config__ = _STRICT

    compatible: tuple[str, ...] = ()
    save_rows: bool = False
    data: dict[str, DataWay] = field(default_factory=dict)


@dataclass(frozen=True)
class Config:
    """The whole file."""

    __pydantic_config__ = _STRICT

    stack: StackSection = field(default_factory=StackSection)
    releases: ReleasesSection = field(default_factory=ReleasesSection)
    images: ImagesSection = field(default_factory=ImagesSection)
    postgres: PostgresSection = field(default_factory=PostgresSection)
    lockstep: LockstepSection = field(default_factory=LockstepSection)
    roll: RollSection = field(default_factory=RollSection)
    rollback: RollbackSection = field(default_factory=RollbackSection)
    probe: ProbeSection = field(default_factory=ProbeSection)
    snapshot: SnapshotSection = field(default_factory=SnapshotSection)
    hooks: HooksSection = field(default_factory=HooksSection)
    verify: VerifySection = field(default_factory=VerifySection)
    canary: CanarySection = field(default_factory=CanarySection)
    rotation: RotationSection = field(default_factory=RotationSection)
    rehearse: RehearseSection = field(default_factory=RehearseSection)
    fleet: FleetSection = field(default_factory=FleetSection)
    kubernetes: KubernetesSection = field(default_factory=KubernetesSection)


@cache
def _schema() -> "TypeAdapter[Config]":
    """What pydantic makes of `Config`: 20 ms of CPU, so once in a process."""
    from pydantic import TypeAdapter

    return TypeAdapter(Config)


def parse_config(text: str | bytes, *, source: str) -> Config:
    """Read `avnwizard.toml`.

    Raises:
        UsageError: not TOML, an unknown key, or a value of the wrong type or out of its range; it names the place.
    """
    from pydantic import ValidationError

    found = read_toml(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"), source=source)
    try:
        return _schema().validate_python(found)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = printable(".".join(str(part) for part in first["loc"]), limit=100)
        if first["type"] == "value_error":
            said = f"{place}.{printable(str(first['ctx']['error']), limit=200)}"
        else:
            said = f"{place}: {_range(first['loc']) or first['msg']}"
        raise UsageError(f"{source}: {said}.", "List every key with: avnwizard help configuration") from error


def _range(place: Sequence[Any]) -> str:
    """What a number may be, where the place is one; else ""."""
    section: Any = Config
    for name in place:
        known = {one.name: one.type for one in fields(section)} if isinstance(section, type) else {}
        section = known.get(str(name))
    bounds = [one for one in getattr(section, "__metadata__", ()) if isinstance(one, Interval)]
    what = "a whole number" if getattr(section, "__origin__", None) is int else "a number"
    return f"Must be {what} from {bounds[0].ge:,} to {bounds[0].le:,}" if bounds else ""


@dataclass(frozen=True)
class StatePaths:
    """Where avnwizard keeps what it knows of one stack; never inside the checkout, where `git clean` would eat it.

    Attributes:
        folder: the state's folder; every login that may use the stack is to find the same one.
        pointer: the file that names the folder to every login; None where there is none (a practice stack).
        pointed: the folder that it names; None where there is no such file yet.
        others: folders in which logins kept the state of this stack before it was shared.
        volatile: whether the folder lies in memory, where a reboot takes it.
    """

    folder: Path
    pointer: Path | None = None
    pointed: Path | None = None
    others: tuple[Path, ...] = ()
    volatile: bool = False

    @property
    def journal(self) -> Path:
        """The journal's SQLite file."""
        return self.folder / "journal.db"

    @property
    def snapshots(self) -> Path:
        """One folder a snapshot."""
        return self.folder / "snapshots"

    def run(self, run: str) -> Path:
        """A run's folder (0700): feed, report, and env files that hold secrets (0600)."""
        return self.folder / "runs" / run

    def feed(self, run: str) -> Path:
        """A run's feed."""
        return self.run(run) / "feed.jsonl"

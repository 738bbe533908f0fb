"""`avnwizard.toml`: the few lines that make anyone's git-tagged compose project work. Avnology's needs none."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from avnwizard.domain.handover import Handover
from avnwizard.domain.snapshot import Proof
from avnwizard.errors import UsageError

FILE_NAME = "avnwizard.toml"
_STRICT = ConfigDict(extra="forbid")

Strategy = Literal["job", "surge", "recreate", "skip"]


@checked(frozen=True, config=_STRICT)
class StackSection:
    """`[stack]`: used where the running containers' labels do not tell. Paths are relative to the checkout.

    Attributes:
        project: Compose's project name; "" lets Compose decide as it does for `docker compose up`.
        example: the example env file that each release ships.
        migrations: folder of the release's SQL migrations.
    """

    product: str = "Avnology ID"
    project: str = ""
    files: tuple[str, ...] = ("docker-compose.traefik.yml",)
    env_file: str = ".env.production"
    example: str = ".env.example"
    changelog: str = "CHANGELOG.md"
    migrations: str = "deploy/docker/migrations"


@checked(frozen=True, config=_STRICT)
class PostgresSection:
    """`[postgres]`: which service is the database. `service` "" means: the one whose image is named postgres."""

    service: str = ""


@checked(frozen=True, config=_STRICT)
class LockstepSection:
    """`[lockstep]`: services whose images are tested together and must never be bumped alone."""

    name: str = "Ory"
    services: tuple[str, ...] = ("kratos", "hydra", "keto", "oathkeeper")


@checked(frozen=True, config=_STRICT)
class RollSection:
    """`[roll]`: overrides per service, and how long a container may take to become healthy.

    Attributes:
        strategy: service name -> strategy.
        healthy_s: seconds to wait on top of a service's own `start_period`.
        handover: service name -> handover, where a surge shall not hand over as it would by itself.
        drain_s: seconds that an old container keeps running after the new one is healthy, where nobody can tell
            whether it is still asked.
        drain_limit_s: seconds for which the connections of an old container are waited for at most.
    """

    strategy: dict[str, Strategy] = field(default_factory=dict)
    handover: dict[str, Handover] = field(default_factory=dict)
    healthy_s: float = 120.0
    drain_s: float = 2.0
    drain_limit_s: float = 30.0


@checked(frozen=True, config=_STRICT)
class RollbackSection:
    """`[rollback]`: what going back may rely on and what it keeps.

    Attributes:
        compatible: databases whose newer schema the old code can work with: the operator vouches for it.
        save_rows: after a restore, also dump the tables that were written to since the snapshot.
    """

    compatible: tuple[str, ...] = ()
    save_rows: bool = False


@checked(frozen=True, config=_STRICT)
class ProbeSection:
    """`[probe]`: how the edge is probed during a run. The routers' labels tell the routes.

    Attributes:
        rate: requests a second, over all routes.
        address: "ADDRESS:PORT" of the edge on this host, where Traefik's flags and ports do not tell.
        paths: router name -> the path to ask, instead of the one that its rule tells.
        urls: what to ask instead of the routers, such as "https://id.example.com/health".
    """

    enabled: bool = True
    rate: Annotated[float, Field(ge=0.5, le=200)] = 20.0
    address: Annotated[str, Field(pattern=r"^$|^\S+:[0-9]{1,5}$")] = ""
    paths: dict[str, Annotated[str, Field(pattern=r"^/[!-~]*$")]] = field(default_factory=dict)
    urls: tuple[Annotated[str, Field(pattern=r"^https?://[!-~]+$")], ...] = ()


@checked(frozen=True, config=_STRICT)
class SnapshotSection:
    """`[snapshot]`: what a snapshot holds beside the databases, how far it is proven, and how long it is kept.

    Attributes:
        volumes: volumes of the compose file ("minio_data") that are archived too.
        proof: "restored" where the database's disk has the space for it, or "read back".
        keep: how many snapshots `snapshot prune` leaves at least.
        keep_days: it removes none that is younger.
    """

    volumes: tuple[str, ...] = ()
    proof: Proof = "restored"
    keep: int = 5
    keep_days: float = 90.0


@checked(frozen=True, config=_STRICT)
class Config:
    """The whole file."""

    stack: StackSection = field(default_factory=StackSection)
    postgres: PostgresSection = field(default_factory=PostgresSection)
    lockstep: LockstepSection = field(default_factory=LockstepSection)
    roll: RollSection = field(default_factory=RollSection)
    rollback: RollbackSection = field(default_factory=RollbackSection)
    probe: ProbeSection = field(default_factory=ProbeSection)
    snapshot: SnapshotSection = field(default_factory=SnapshotSection)


def parse_config(text: str, *, source: str) -> Config:
    """Read `avnwizard.toml`.

    Raises:
        UsageError: not TOML, an unknown key, or a value of the wrong type; it names the place.
    """
    try:
        return TypeAdapter(Config).validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source} is not TOML: {error}.", "Mend the line that it names.") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{source}: {place}: {first['msg']}.", "The README lists every key.") from error


@dataclass(frozen=True)
class StatePaths:
    """Where avnwizard keeps what it knows of one stack; never inside the checkout, where `git clean` would eat it."""

    folder: Path

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

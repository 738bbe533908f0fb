"""`avnwizard.toml`: the few lines that make anyone's git-tagged compose project work. Avnology's needs none."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from avnwizard.domain.handover import Handover
from avnwizard.domain.snapshot import Proof
from avnwizard.errors import UsageError

FILE_NAME = "avnwizard.toml"
_STRICT = {"extra": "forbid"}
"""`pydantic.ConfigDict`, as what these classes carry for the reading: an unknown key is an error."""
_RATES = (0.5, 200.0)
_ADDRESS, _PATH, _URL = (re.compile(each) for each in (r"|\S+:[0-9]{1,5}", r"/[!-~]*", r"https?://[!-~]+"))

Strategy = Literal["job", "surge", "recreate", "skip"]


@dataclass(frozen=True)
class StackSection:
    """`[stack]`: used where the running containers' labels do not tell. Paths are relative to the checkout.

    Attributes:
        project: Compose's project name; "" lets Compose decide as it does for `docker compose up`.
        example: the example env file that each release ships.
        migrations: folder of the release's SQL migrations.
    """

    __pydantic_config__ = _STRICT

    product: str = "Avnology ID"
    project: str = ""
    files: tuple[str, ...] = ("docker-compose.traefik.yml",)
    env_file: str = ".env.production"
    example: str = ".env.example"
    changelog: str = "CHANGELOG.md"
    migrations: str = "deploy/docker/migrations"


@dataclass(frozen=True)
class PostgresSection:
    """`[postgres]`: which service is the database, where the containers do not tell, or tell of several.

    Attributes:
        service: the service whose databases are snapshotted and go back. Other PostgreSQL servers of the stack are
            then left out: no snapshot holds them, and every plan says so. "none": the stack has no database of its
            own (it lies outside, or there is none): no snapshot is taken, and avnwizard cannot undo what a migration
            changes. "": the one service in which a PostgreSQL server runs; with none, or several, nothing starts.
    """

    __pydantic_config__ = _STRICT

    service: str = ""


@dataclass(frozen=True)
class LockstepSection:
    """`[lockstep]`: services whose images are tested together and must never be bumped alone."""

    __pydantic_config__ = _STRICT

    name: str = "Ory"
    services: tuple[str, ...] = ("kratos", "hydra", "keto", "oathkeeper")


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
    """

    __pydantic_config__ = _STRICT

    strategy: dict[str, Strategy] = field(default_factory=dict)
    handover: dict[str, Handover] = field(default_factory=dict)
    healthy_s: float = 120.0
    drain_s: float = 2.0
    drain_limit_s: float = 30.0


@dataclass(frozen=True)
class RollbackSection:
    """`[rollback]`: what going back may rely on and what it keeps.

    Attributes:
        compatible: databases whose newer schema the old code can work with: the operator vouches for it.
        save_rows: after a restore, also dump the tables that were written to since the snapshot.
    """

    __pydantic_config__ = _STRICT

    compatible: tuple[str, ...] = ()
    save_rows: bool = False


@dataclass(frozen=True)
class ProbeSection:
    """`[probe]`: how the edge is probed during a run. The routers' labels tell the routes.

    Attributes:
        rate: requests a second, over all routes.
        address: "ADDRESS:PORT" of the edge on this host, where Traefik's flags and ports do not tell.
        paths: router name -> the path to ask, instead of the one that its rule tells.
        urls: what to ask instead of the routers, such as "https://id.example.com/health".
    """

    __pydantic_config__ = _STRICT

    enabled: bool = True
    rate: float = 20.0
    address: str = ""
    paths: dict[str, str] = field(default_factory=dict)
    urls: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be asked; `ValueError` names the key first."""
        if not _RATES[0] <= self.rate <= _RATES[1]:
            raise ValueError("rate: Must be from {:g} to {:g} requests a second".format(*_RATES))
        if not _ADDRESS.fullmatch(self.address):
            raise ValueError("address: Must be ADDRESS:PORT")
        for name, path in self.paths.items():
            if not _PATH.fullmatch(path):
                raise ValueError(f"paths.{name}: Must begin with / and hold no space")
        for number, url in enumerate(self.urls):
            if not _URL.fullmatch(url):
                raise ValueError(f"urls.{number}: Must begin with http:// or https:// and hold no space")


@dataclass(frozen=True)
class SnapshotSection:
    """`[snapshot]`: what a snapshot holds beside the databases, how far it is proven, and how long it is kept.

    Attributes:
        volumes: volumes of the compose file ("minio_data") that are archived too.
        proof: "restored" where the database's disk has the space for it, or "read back".
        keep: how many snapshots `snapshot prune` leaves at least.
        keep_days: it removes none that is younger.
    """

    __pydantic_config__ = _STRICT

    volumes: tuple[str, ...] = ()
    proof: Proof = "restored"
    keep: int = 5
    keep_days: float = 90.0


@dataclass(frozen=True)
class Config:
    """The whole file."""

    __pydantic_config__ = _STRICT

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
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Config).validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source} is not TOML: {error}.", "Mend the line that it names.") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        ours = first["type"] == "value_error"
        said = f"{place}.{first['ctx']['error']}" if ours else f"{place}: {first['msg']}"
        raise UsageError(f"{source}: {said}.", "The README lists every key.") from error


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

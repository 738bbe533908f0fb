"""A host with some containers, by which a plan is refused or not: no engine is asked."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.config import Config, RollSection
from avnwizard.domain.config_postgres import PostgresSection
from avnwizard.domain.host import ComposeModel, Container, Image, Mount, ServerFacts
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.safety import hazards
from avnwizard.flows.safety.retiring import Others

if TYPE_CHECKING:
    from avnwizard.domain.config import Strategy
    from avnwizard.flows.host import Host

DATA = "/var/lib/postgresql/data"
NOBODY = Others((), ())


@dataclass
class World:
    """A host with some containers; `bases` is image id -> os-release, `images` reference -> image."""

    folder: Path
    containers: list[Container] = field(default_factory=list)
    images: dict[str, Image] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)
    mounts: dict[str, str] = field(default_factory=dict)
    tracked: tuple[str, ...] = ()
    postgres: str = "postgres"

    def os_release(self, image_id: str) -> str:
        """What the image's own file says."""
        if image_id not in self.bases:
            raise HostError("no such image")
        return self.bases[image_id]

    @property
    def host(self) -> "Host":
        """The host as flows are given it."""
        facts = ServerFacts("17.2", 17, DATA)
        stack = SimpleNamespace(
            project=SimpleNamespace(files=(self.folder / "compose.yml",), directory=self.folder),
            image=self.images.get,
            os_release=self.os_release,
            containers=lambda: tuple(self.containers),
        )
        made = SimpleNamespace(
            config=Config(postgres=PostgresSection(), roll=RollSection(mounts=self.mounts)),
            stack=stack,
            files=LocalFiles(),
            repo=SimpleNamespace(directory=self.folder, list=lambda _ref, _folder: self.tracked),
            postgres_service=self.postgres,
            choice=DatabaseChoice(self.postgres),
            platform=SimpleNamespace(database=lambda _service: SimpleNamespace(server=lambda: facts)),
        )
        return cast("Host", made)

    def add(self, service: str, *mounts: Mount, **more: Any) -> None:
        """One more container, made from the checkout's compose file."""
        made = Container(
            service, f"x-{service}-1", service, 1, "i:1", f"id of {service}", "running", "none", 0, "", False, 0
        )
        made = replace(made, mounts=mounts, made_from=(str(self.folder / "compose.yml"),))
        self.containers.append(replace(made, **more))

    def refusal(self, model: ComposeModel, **ways: "Strategy") -> str:
        """The message with which the model is refused, "" where it is not; its services are recreated."""
        chosen = {name: ways.get(name, "recreate") for name in model.services}
        services = [ServicePlan(name, how, "", "", "", "") for name, how in chosen.items()]
        try:
            hazards.require_safe(self.host, model, services, NOBODY, self.containers, release="v2")
        except RefusedError as error:
            return f"{error.message} | {error.hint}"
        return ""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Postgres on its volume, in a checkout."""
    (tmp_path / "compose.yml").write_text("services: {postgres: {}, web: {}}\n")
    made = World(tmp_path)
    made.add("postgres", Mount("volume", "x_pgdata", DATA))
    return made


def service_of(*mounts: str, **more: Any) -> dict[str, Any]:
    """A service by mounts such as "SOURCE:TARGET"; a source that begins with / is a folder."""
    volumes = []
    for mount in mounts:
        source, _, target = mount.rpartition(":")
        volumes.append({"type": "bind" if source.startswith("/") else "volume", "source": source, "target": target})
    return {"volumes": volumes} | more


def model_of(**services: dict[str, Any]) -> ComposeModel:
    """A resolved model of these services."""
    return model_from_config({"name": "x", "services": services})

"""What a plan refuses, and what it leaves alone: told by containers and a model, without an engine."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.config import Config, PostgresSection, RollSection
from avnwizard.domain.host import ComposeModel, Container, Image, Mount, ServerFacts
from avnwizard.domain.plan import ServicePlan
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.safety import hazards, retiring
from avnwizard.flows.safety.libc import library_findings
from avnwizard.flows.safety.retiring import LeftAlone, Others
from avnwizard.flows.snapshot.volume_places import require_there
from avnwizard.flows.stack.former_release import gone_for_good, old_services

if TYPE_CHECKING:
    from avnwizard.domain.config import Strategy
    from avnwizard.domain.plan import Plan
    from avnwizard.flows.host import Host

_DATA = "/var/lib/postgresql/data"
_NOBODY = Others((), ())


@dataclass
class _World:
    """A host with some containers; `bases` is image id -> os-release, `images` reference -> image."""

    folder: Path
    containers: list[Container] = field(default_factory=list)
    images: dict[str, Image] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)
    mounts: dict[str, str] = field(default_factory=dict)
    tracked: tuple[str, ...] = ()
    postgres: str = "postgres"

    def os_release(self, image_id: str) -> str:
        if image_id not in self.bases:
            raise HostError("no such image")
        return self.bases[image_id]

    @property
    def host(self) -> "Host":
        facts = ServerFacts("17.2", 17, _DATA)
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
            database=lambda: SimpleNamespace(server=lambda: facts),
        )
        return cast("Host", made)

    def add(self, service: str, *mounts: Mount, **more: Any) -> None:
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
            hazards.require_safe(self.host, model, services, _NOBODY, self.containers, release="v2")
        except RefusedError as error:
            return f"{error.message} | {error.hint}"
        return ""


@pytest.fixture
def world(tmp_path: Path) -> _World:
    """Postgres on its volume, in a checkout."""
    (tmp_path / "compose.yml").write_text("services: {postgres: {}, web: {}}\n")
    made = _World(tmp_path)
    made.add("postgres", Mount("volume", "x_pgdata", _DATA))
    return made


def _service(*mounts: str, **more: Any) -> dict[str, Any]:
    """A service by mounts such as "SOURCE:TARGET"; a source that begins with / is a folder."""
    volumes = []
    for mount in mounts:
        source, _, target = mount.rpartition(":")
        volumes.append({"type": "bind" if source.startswith("/") else "volume", "source": source, "target": target})
    return {"volumes": volumes} | more


def _model(**services: dict[str, Any]) -> ComposeModel:
    return model_from_config({"name": "x", "services": services})


def test_a_database_that_stays_where_it_is(world: _World) -> None:
    """The same volume at the same path, spelled as the model does: nothing to refuse."""
    assert world.refusal(_model(postgres=_service(f"x_pgdata:{_DATA}"))) == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_service(f"x_other:{_DATA}"), "looks for them in the volume x_other"),
        (_service(f"/srv/db:{_DATA}"), "looks for them in the folder /srv/db"),
        (_service(), "mounts nothing there"),
        (_service("x_pgdata:/var/lib/postgresql"), "looks for them in the volume x_pgdata, folder data"),
        (_service(f"x_pgdata:{_DATA}", environment={"PGDATA": f"{_DATA}/pg"}), "x_pgdata, folder pg"),
    ],
)
def test_a_database_that_would_start_empty(world: _World, body: dict[str, Any], words: str) -> None:
    """Another source, none, or another folder of the same one: refused, whatever strategy is planned."""
    said = world.refusal(_model(postgres=body), postgres="skip")
    assert "keeps its databases in the volume x_pgdata" in said
    assert words in said


def test_where_the_image_looks_for_data(world: _World) -> None:
    """PGDATA of the target's image counts; of a server that does not follow its own PGDATA it tells nothing."""
    model = _model(postgres=_service(f"x_pgdata:{_DATA}", image="pg:2"))
    world.images["pg:2"] = Image("pg:2", "id 2", "", 1, {"PGDATA": "/bitnami/postgresql/data"})
    assert "mounts nothing there" in world.refusal(model)
    world.containers[0] = replace(world.containers[0], pgdata="/elsewhere")
    assert world.refusal(model) == ""


def test_a_database_on_an_anonymous_volume(world: _World) -> None:
    """Compose hands it on where the image wants one there; where the new image does not, it would be left behind."""
    world.containers[0] = replace(world.containers[0], mounts=(Mount("volume", "ab" * 32, _DATA),))
    model = _model(postgres=_service(image="pg:2"))
    assert world.refusal(model) == ""
    world.images["pg:2"] = Image("pg:2", "id 2", "", 1, volumes=("/var/lib/postgresql",))
    assert "an anonymous volume" in world.refusal(model)


def test_a_database_in_no_volume_at_all(world: _World) -> None:
    """What lies in the container's own layer goes with the container."""
    world.containers[0] = replace(world.containers[0], mounts=())
    assert "on no volume" in world.refusal(_model(postgres=_service()))


def test_a_folder_that_is_reached_by_a_link(world: _World) -> None:
    """The checkout through a symbolic link is the same checkout."""
    (world.folder / "data").mkdir()
    link = world.folder.parent / "link"
    link.symlink_to(world.folder)
    world.containers[0] = replace(world.containers[0], mounts=(Mount("bind", str(world.folder / "data"), _DATA),))
    assert world.refusal(_model(postgres=_service(f"{link}/data:{_DATA}"))) == ""
    link.unlink()


def test_a_second_server_beside_the_first(world: _World) -> None:
    """`surge` ordered for a database would start two on one folder."""
    said = world.refusal(_model(postgres=_service(f"x_pgdata:{_DATA}")), postgres="surge")
    assert "two servers on one data folder" in said


def test_a_sidecar_that_joins_the_database(world: _World) -> None:
    """A backup that newly writes on the data is refused until the operator vouches for it; reading is free."""
    postgres = _service(f"x_pgdata:{_DATA}")
    said = world.refusal(_model(postgres=postgres, backup=_service("x_pgdata:/backup")))
    assert "v2 starts backup on the volume x_pgdata while postgres writes there" in said
    assert '"backup:/backup" = "x_pgdata"' in said
    world.mounts["backup:/backup"] = "x_pgdata"
    assert world.refusal(_model(postgres=postgres, backup=_service("x_pgdata:/backup"))) == ""


def test_a_server_that_is_renamed_is_never_vouched_for(world: _World) -> None:
    """Two servers on one folder lose rows whatever avnwizard.toml says."""
    world.mounts[f"database:{_DATA}"] = "x_pgdata"
    said = world.refusal(_model(database=_service(f"x_pgdata:{_DATA}")))
    assert "while postgres, which v2 does not have, still writes there" in said
    assert "roll.mounts" not in said


def test_a_container_that_only_has_the_tools_of_postgres(world: _World) -> None:
    """A backup by `pg_dump` runs the image of Postgres, on an anonymous volume that holds nothing: no server."""
    world.add("backup", Mount("volume", "ab" * 32, _DATA), image="postgres:17-alpine")
    model = _model(postgres=_service(f"x_pgdata:{_DATA}", image="i:1"), backup={"image": "postgres:17"})
    assert world.refusal(model, backup="surge") == ""


def test_a_database_that_is_left_alone(world: _World) -> None:
    """Started under a profile: no model has it, and nothing happens to it."""
    others = Others((), (LeftAlone("postgres", "i:1", "of a profile"),))
    told = hazards.require_safe(world.host, _model(web={}), (), others, world.containers, release="v2")
    assert told == ("postgres is left as it is, with i:1: of a profile.",)
    assert "v2 has no service postgres" in world.refusal(_model(web={}))


def test_a_volume_that_passes_from_one_service_to_another(world: _World) -> None:
    """The old holder goes after the new one starts: refused, or vouched for; what both releases share is free."""
    world.add("monolith", Mount("volume", "x_up", "/up"))
    postgres = _service(f"x_pgdata:{_DATA}")
    said = world.refusal(_model(postgres=postgres, api=_service("x_up:/files")))
    assert "v2 starts api on the volume x_up while monolith, which v2 does not have" in said
    gives_up = _model(postgres=postgres, api=_service("x_up:/files"), monolith=_service())
    assert "monolith still writes there, and gives it up in v2" in world.refusal(gives_up)
    assert world.refusal(_model(postgres=postgres, api=_service("x_up:/files"), monolith=_service("x_up:/up"))) == ""
    world.mounts["api:/files"] = "x_up"
    assert world.refusal(gives_up) == ""


def test_files_that_are_the_releases_own(world: _World) -> None:
    """A folder that git tracks, a socket, or a folder of the system is nobody's data: it may move and be shared."""
    conf, data = world.folder / "conf", world.folder / "data"
    conf.mkdir()
    data.mkdir()
    world.tracked = ("conf/nginx.conf",)
    world.add("proxy", Mount("bind", str(conf), "/etc/nginx"), Mount("bind", "/run/docker.sock", "/docker.sock"))
    postgres = _service(f"x_pgdata:{_DATA}")
    renamed = _model(postgres=postgres, edge=_service(f"{conf}:/etc/nginx", "/run/docker.sock:/docker.sock"))
    assert world.refusal(renamed) == ""
    assert world.refusal(_model(postgres=postgres, proxy=_service(f"{data}:/etc/nginx"))) == ""
    world.tracked = ("conf/.gitkeep",)
    assert "still writes there" in world.refusal(renamed)
    assert f"the folder {data} there" in world.refusal(
        _model(postgres=postgres, proxy=_service(f"{data}:/etc/nginx"))
    )
    world.mounts["proxy:/etc/nginx"] = "data"
    assert world.refusal(_model(postgres=postgres, proxy=_service(f"{data}:/etc/nginx"))) == ""


def test_files_of_a_service_that_is_not_touched(world: _World) -> None:
    """Only a new container would miss them."""
    world.add("cache", Mount("volume", "ab" * 32, "/data"))
    model = _model(postgres=_service(f"x_pgdata:{_DATA}"), cache=_service("x_cache:/data"))
    assert "cache has an anonymous volume at /data" in world.refusal(model)
    assert world.refusal(model, cache="skip") == ""


def test_names_from_outside_are_made_harmless(world: _World) -> None:
    """A volume's name cannot move the cursor."""
    said = world.refusal(_model(postgres=_service(f"\x1b[2Jevil:{_DATA}")))
    assert "evil" in said
    assert "\x1b" not in said


def _libc(world: _World, *, pulled: bool) -> list[tuple[str, str]]:
    model = _model(postgres=_service(f"x_pgdata:{_DATA}", image="pg:2"))
    found = library_findings(world.host, model, world.containers, release="v2", pulled=pulled)
    return [(one.level, one.message) for one in found]


def test_a_library_that_cannot_be_told(world: _World) -> None:
    """Before the pull it is left open; after it, an image of another name stops, one of the same name does not."""
    world.images["pg:2"] = Image("pg:2", "new", "", 1)
    world.bases |= {"new": "", "id of postgres": "ID=debian\n"}
    assert _libc(world, pulled=False) == []
    assert [level for level, _ in _libc(world, pulled=True)] == ["stop"]
    world.containers[0] = replace(world.containers[0], image="pg:1")
    assert _libc(world, pulled=True) == []


def test_the_files_of_an_image_beat_its_name(world: _World) -> None:
    """It calls itself Alpine's and is Debian's: no reason to refuse; the release is told apart."""
    world.containers[0] = replace(world.containers[0], image="pg:1-alpine")
    world.images["pg:2"] = Image("pg:2", "new", "", 1)
    world.bases |= {"new": "ID=debian\nVERSION_CODENAME=trixie\n"}
    world.bases |= {"id of postgres": "ID=debian\nVERSION_CODENAME=bookworm\n"}
    ((level, message),) = _libc(world, pulled=False)
    assert level == "warn"
    assert "from bookworm to trixie" in message
    world.images["pg:2"] = Image("pg:2", "id of postgres", "", 1)
    assert _libc(world, pulled=True) == []


def test_an_image_that_cannot_be_looked_into(world: _World) -> None:
    """Before the pull its name must do; after it, not to know is an error."""
    world.images["pg:2"] = Image("pg:2", "new", "", 1)
    assert _libc(world, pulled=False) == []
    with pytest.raises(HostError, match="no such image"):
        _libc(world, pulled=True)


def _others(world: _World, now: ComposeModel, target: ComposeModel, files: str) -> dict[str, str]:
    found = retiring.sort_out(
        world.host, world.containers, now=now, target=target, files=[files.encode()], release="v2"
    )
    return {one.service: one.sentence for one in found.left_alone} | dict.fromkeys(found.retire, "retire")


def test_what_is_retired(world: _World) -> None:
    """Only what this release starts and the next one does not have; the rest is named with the reason."""
    (world.folder / "compose.yml").write_text(
        "services: {postgres: {}, mailer: {}, old: {profiles: [x]}, debug: {}}\n"
    )
    for service in ("mailer", "old", "debug", "orphan"):
        world.add(service)
    world.add("grafana", made_from=(str(world.folder / "compose.yml"), "/srv/monitoring.yml"))
    world.add("nothing", made_from=())
    now = _model(postgres={}, mailer={}, grafana={}, nothing={})
    found = _others(world, now, _model(postgres={}), "services: {postgres: {}, debug: {profiles: [x]}}")
    assert found["mailer"] == "retire"
    reasons = {
        "debug": "v2 has it in a profile that is not switched on",
        "old": "here its profile is not switched on",
        "orphan": "no compose file of this stack names it",
        "grafana": "was started from",
        "nothing": "files that nothing tells",
    }
    assert found.keys() == {"mailer", *reasons}
    for service, reason in reasons.items():
        assert reason in found[service]
        assert found[service].startswith(f"{service} is left as it is, with i:1")


def test_a_name_that_a_stranger_has(world: _World) -> None:
    """A release that brings a service of that name would replace the stranger's container; ours is updated."""
    now, target = _model(postgres={}), _model(postgres={}, grafana={})
    world.add("grafana")
    retiring.require_no_stranger(world.host, world.containers, now=now, target=target, release="v2")
    world.containers[-1] = replace(world.containers[-1], made_from=("/srv/monitoring.yml",))
    with pytest.raises(RefusedError, match="it would be replaced"):
        retiring.require_no_stranger(world.host, world.containers, now=now, target=target, release="v2")
    retiring.require_no_stranger(world.host, world.containers, now=target, target=target, release="v2")


def test_a_way_back_onto_a_database_that_runs(world: _World) -> None:
    """The old service would start on the folder that the new one's server has; its own container is no danger."""
    world.containers[0] = replace(world.containers[0], service="database")
    before = _model(postgres=_service(f"x_pgdata:{_DATA}"))
    way: list[tuple[str, Strategy]] = [("postgres", "recreate")]
    with pytest.raises(RefusedError, match="v1 starts postgres on the volume x_pgdata while database"):
        hazards.require_one_writer(world.host, before, way, release="v1")
    world.add("postgres", Mount("volume", "x_pgdata", _DATA))
    hazards.require_one_writer(world.host, before, way, release="v1")


def test_what_an_earlier_version_retired_for_good() -> None:
    """No compose file of before names it, so a rollback leaves it out; what that release had comes back."""
    retired = [ServicePlan(name, "retire", "", "i:1", "", "") for name in ("grafana", "mailer")]
    plan = cast("Plan", SimpleNamespace(services=(ServicePlan("web", "recreate", "", "i:1", "i:2", ""), *retired)))
    model = _model(web={}, mailer={}, postgres={})
    assert gone_for_good(model, plan) == ("grafana",)
    assert {name for name, _ in old_services(model, plan)} == {"web", "mailer", "postgres"}


@pytest.mark.parametrize(
    ("mounts", "words"),
    [
        ((Mount("volume", "x_objects", "/srv"),), "its own layer"),
        ((Mount("volume", "x_other", "/data"),), "the volume x_other"),
        ((Mount("volume", "x_objects", "/"),), "the volume x_objects"),
        ((), "its own layer"),
    ],
)
def test_a_volume_that_is_not_there(world: _World, mounts: tuple[Mount, ...], words: str) -> None:
    """Neither read from nor written to: the path of the container shows something else."""
    world.add("minio", *mounts)
    model = model_from_config({"name": "x", "volumes": {"objects": {"name": "x_objects"}}})
    with pytest.raises(HostError, match=words) as raised:
        require_there(world.containers[-1], model, "objects", "/data")
    assert "x_objects" in raised.value.message
    require_there(
        replace(world.containers[-1], mounts=(Mount("volume", "x_objects", "/data"),)), model, "objects", "/data"
    )
    with pytest.raises(HostError, match="no volume objects any more"):
        require_there(world.containers[-1], _model(), "objects", "/data")

"""What a plan refuses, and what it leaves alone: told by containers and a model, without an engine."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.host import Image, Mount
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.safety import hazards
from avnwizard.flows.safety.retiring import LeftAlone, Others
from avnwizard.flows.snapshot.volume_places import require_there

if TYPE_CHECKING:
    from avnwizard.domain.config import Strategy

from tests.flows.safety_world import DATA, World, model_of, service_of, world

__all__ = ["world"]


def test_a_database_that_stays_where_it_is(world: World) -> None:
    """The same volume at the same path, spelled as the model does: nothing to refuse."""
    assert world.refusal(model_of(postgres=service_of(f"x_pgdata:{DATA}"))) == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (service_of(f"x_other:{DATA}"), "looks for them in the volume x_other"),
        (service_of(f"/srv/db:{DATA}"), "looks for them in the folder /srv/db"),
        (service_of(), "mounts nothing there"),
        (service_of("x_pgdata:/var/lib/postgresql"), "looks for them in the volume x_pgdata, folder data"),
        (service_of(f"x_pgdata:{DATA}", environment={"PGDATA": f"{DATA}/pg"}), "x_pgdata, folder pg"),
    ],
)
def test_a_database_that_would_start_empty(world: World, body: dict[str, Any], words: str) -> None:
    """Another source, none, or another folder of the same one: refused, whatever strategy is planned."""
    said = world.refusal(model_of(postgres=body), postgres="skip")
    assert "keeps its databases in the volume x_pgdata" in said
    assert words in said


def test_where_the_image_looks_for_data(world: World) -> None:
    """PGDATA of the target's image counts; of a server that does not follow its own PGDATA it tells nothing."""
    model = model_of(postgres=service_of(f"x_pgdata:{DATA}", image="pg:2"))
    world.images["pg:2"] = Image("pg:2", "id 2", "", 1, {"PGDATA": "/bitnami/postgresql/data"})
    assert "mounts nothing there" in world.refusal(model)
    world.containers[0] = replace(world.containers[0], pgdata="/elsewhere")
    assert world.refusal(model) == ""


def test_a_database_on_an_anonymous_volume(world: World) -> None:
    """Compose hands it on where the image wants one there; where the new image does not, it would be left behind."""
    world.containers[0] = replace(world.containers[0], mounts=(Mount("volume", "ab" * 32, DATA),))
    model = model_of(postgres=service_of(image="pg:2"))
    assert world.refusal(model) == ""
    world.images["pg:2"] = Image("pg:2", "id 2", "", 1, volumes=("/var/lib/postgresql",))
    assert "an anonymous volume" in world.refusal(model)


def test_a_database_in_no_volume_at_all(world: World) -> None:
    """What lies in the container's own layer goes with the container."""
    world.containers[0] = replace(world.containers[0], mounts=())
    assert "on no volume" in world.refusal(model_of(postgres=service_of()))


def test_a_folder_that_is_reached_by_a_link(world: World) -> None:
    """The checkout through a symbolic link is the same checkout."""
    (world.folder / "data").mkdir()
    link = world.folder.parent / "link"
    link.symlink_to(world.folder)
    world.containers[0] = replace(world.containers[0], mounts=(Mount("bind", str(world.folder / "data"), DATA),))
    assert world.refusal(model_of(postgres=service_of(f"{link}/data:{DATA}"))) == ""
    link.unlink()


def test_a_second_server_beside_the_first(world: World) -> None:
    """`surge` ordered for a database would start two on one folder."""
    said = world.refusal(model_of(postgres=service_of(f"x_pgdata:{DATA}")), postgres="surge")
    assert "two servers on one data folder" in said


def test_a_sidecar_that_joins_the_database(world: World) -> None:
    """A backup that newly writes on the data is refused until the operator vouches for it; reading is free."""
    postgres = service_of(f"x_pgdata:{DATA}")
    said = world.refusal(model_of(postgres=postgres, backup=service_of("x_pgdata:/backup")))
    assert "v2 starts backup on the volume x_pgdata while postgres writes there" in said
    assert '"backup:/backup" = "x_pgdata"' in said
    world.mounts["backup:/backup"] = "x_pgdata"
    assert world.refusal(model_of(postgres=postgres, backup=service_of("x_pgdata:/backup"))) == ""


def test_a_server_that_is_renamed_is_never_vouched_for(world: World) -> None:
    """Two servers on one folder lose rows whatever avnwizard.toml says."""
    world.mounts[f"database:{DATA}"] = "x_pgdata"
    said = world.refusal(model_of(database=service_of(f"x_pgdata:{DATA}")))
    assert "while postgres, which v2 does not have, still writes there" in said
    assert "roll.mounts" not in said


def test_a_container_that_only_has_the_tools_of_postgres(world: World) -> None:
    """A backup by `pg_dump` runs the image of Postgres, on an anonymous volume that holds nothing: no server."""
    world.add("backup", Mount("volume", "ab" * 32, DATA), image="postgres:17-alpine")
    model = model_of(postgres=service_of(f"x_pgdata:{DATA}", image="i:1"), backup={"image": "postgres:17"})
    assert world.refusal(model, backup="surge") == ""


def test_a_database_that_is_left_alone(world: World) -> None:
    """Started under a profile: no model has it, and nothing happens to it."""
    others = Others((), (LeftAlone("postgres", "i:1", "of a profile"),))
    told = hazards.require_safe(world.host, model_of(web={}), (), others, world.containers, release="v2")
    assert told == ("postgres is left as it is, with i:1: of a profile.",)
    assert "v2 has no service postgres" in world.refusal(model_of(web={}))


def test_a_volume_that_passes_from_one_service_to_another(world: World) -> None:
    """The old holder goes after the new one starts: refused, or vouched for; what both releases share is free."""
    world.add("monolith", Mount("volume", "x_up", "/up"))
    postgres = service_of(f"x_pgdata:{DATA}")
    said = world.refusal(model_of(postgres=postgres, api=service_of("x_up:/files")))
    assert "v2 starts api on the volume x_up while monolith, which v2 does not have" in said
    gives_up = model_of(postgres=postgres, api=service_of("x_up:/files"), monolith=service_of())
    assert "monolith still writes there, and gives it up in v2" in world.refusal(gives_up)
    assert (
        world.refusal(model_of(postgres=postgres, api=service_of("x_up:/files"), monolith=service_of("x_up:/up")))
        == ""
    )
    world.mounts["api:/files"] = "x_up"
    assert world.refusal(gives_up) == ""


def test_files_that_are_the_releases_own(world: World) -> None:
    """A folder that git tracks, a socket, or a folder of the system is nobody's data: it may move and be shared."""
    conf, data = world.folder / "conf", world.folder / "data"
    conf.mkdir()
    data.mkdir()
    world.tracked = ("conf/nginx.conf",)
    world.add("proxy", Mount("bind", str(conf), "/etc/nginx"), Mount("bind", "/run/docker.sock", "/docker.sock"))
    postgres = service_of(f"x_pgdata:{DATA}")
    renamed = model_of(postgres=postgres, edge=service_of(f"{conf}:/etc/nginx", "/run/docker.sock:/docker.sock"))
    assert world.refusal(renamed) == ""
    assert world.refusal(model_of(postgres=postgres, proxy=service_of(f"{data}:/etc/nginx"))) == ""
    world.tracked = ("conf/.gitkeep",)
    assert "still writes there" in world.refusal(renamed)
    assert f"the folder {data} there" in world.refusal(
        model_of(postgres=postgres, proxy=service_of(f"{data}:/etc/nginx"))
    )
    world.mounts["proxy:/etc/nginx"] = "data"
    assert world.refusal(model_of(postgres=postgres, proxy=service_of(f"{data}:/etc/nginx"))) == ""


def test_files_of_a_service_that_is_not_touched(world: World) -> None:
    """Only a new container would miss them."""
    world.add("cache", Mount("volume", "ab" * 32, "/data"))
    model = model_of(postgres=service_of(f"x_pgdata:{DATA}"), cache=service_of("x_cache:/data"))
    assert "cache has an anonymous volume at /data" in world.refusal(model)
    assert world.refusal(model, cache="skip") == ""


def test_names_from_outside_are_made_harmless(world: World) -> None:
    """A volume's name cannot move the cursor."""
    said = world.refusal(model_of(postgres=service_of(f"\x1b[2Jevil:{DATA}")))
    assert "evil" in said
    assert "\x1b" not in said


def test_a_way_back_onto_a_database_that_runs(world: World) -> None:
    """The old service would start on the folder that the new one's server has; its own container is no danger."""
    world.containers[0] = replace(world.containers[0], service="database")
    before = model_of(postgres=service_of(f"x_pgdata:{DATA}"))
    way: list[tuple[str, Strategy]] = [("postgres", "recreate")]
    with pytest.raises(RefusedError, match="v1 starts postgres on the volume x_pgdata while database"):
        hazards.require_one_writer(world.host, before, way, release="v1")
    world.add("postgres", Mount("volume", "x_pgdata", DATA))
    hazards.require_one_writer(world.host, before, way, release="v1")


@pytest.mark.parametrize(
    ("mounts", "words"),
    [
        ((Mount("volume", "x_objects", "/srv"),), "its own layer"),
        ((Mount("volume", "x_other", "/data"),), "the volume x_other"),
        ((Mount("volume", "x_objects", "/"),), "the volume x_objects"),
        ((), "its own layer"),
    ],
)
def test_a_volume_that_is_not_there(world: World, mounts: tuple[Mount, ...], words: str) -> None:
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
        require_there(world.containers[-1], model_of(), "objects", "/data")

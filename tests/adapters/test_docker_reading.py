"""Reading `docker inspect` as Docker Engine 26.1 and 28 print it, without an engine."""

from pathlib import Path
from typing import Any

import pytest

from avnwizard.adapters.docker.discovery import project_from
from avnwizard.adapters.docker.environment import compose_environment, shadowed
from avnwizard.adapters.docker.inspect import container_from, image_from, names_of, repository, spelled_out
from avnwizard.adapters.postgres.container_access import addresses
from avnwizard.domain.host import Mount
from avnwizard.errors import HostError

ID = "962be493b9935ba6e4b9d18666d4ed8d092b640fc694f54d7adcd4e0d651411c"
IMAGE = "sha256:753b611adf607981b652b93a44f4f058fdc037fcf3e1d6ed894da99f39e04a14"
D1, D2 = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def _raw(folder: Path = Path("/srv/id"), **labels: str) -> dict[str, Any]:
    prefix = "com.docker.compose."
    known = {
        f"{prefix}config-hash": "1f699c03",
        f"{prefix}container-number": "2",
        f"{prefix}oneoff": "False",
        f"{prefix}project": "avn",
        f"{prefix}project.config_files": f"{folder}/a.yml,{folder}/b.yml",
        f"{prefix}project.environment_file": f"{folder}/.env.production",
        f"{prefix}project.working_dir": str(folder),
        f"{prefix}service": "gateway",
    }
    changed = {prefix + name.replace("__", "."): value for name, value in labels.items()}
    kept = {key: value for key, value in {**known, **changed}.items() if value}
    return {
        "Id": ID,
        "Created": "2026-11-23T03:20:37.734001391Z",
        "State": {"Status": "running", "ExitCode": 0, "Health": {"Status": "starting", "Log": []}},
        "Image": IMAGE,
        "Name": "/avn-gateway-2",
        "Config": {
            "Image": "registry.example.org:5000/avnology/gateway:v1.5.0",
            "Labels": kept,
            "Env": ["PASSWORD=x"],
        },
    }


def test_container() -> None:
    """A running replica with its health, number, hash and time."""
    container = container_from(_raw())
    assert (container.id, container.name, container.service, container.number) == (ID, "avn-gateway-2", "gateway", 2)
    assert (container.state, container.health, container.is_serving) == ("running", "starting", False)
    assert (container.image_id, container.config_hash, container.one_off) == (IMAGE, "1f699c03", False)
    assert container.created_at == pytest.approx(1795404037.734, abs=0.001)


def test_what_a_container_has_of_the_host() -> None:
    """Volumes by name with their part, folders, fixed host ports, PGDATA, and the files it was made from."""
    raw = _raw()
    raw["Config"]["Env"] = ["PASSWORD=x", "PGDATA=/data/pg=1"]
    raw["HostConfig"] = {
        "PortBindings": {
            "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}, {"HostIp": "", "HostPort": "81"}],
            "53/udp": [{"HostIp": "0.0.0.0", "HostPort": "53"}],
            "90/tcp": [{"HostIp": "", "HostPort": ""}],
            "91/tcp": None,
        },
        "Mounts": [{"Type": "volume", "Source": "avn_pg", "Target": "/data", "VolumeOptions": {"Subpath": "db"}}],
    }
    raw["Mounts"] = [
        {"Type": "volume", "Name": "avn_pg", "Source": "/var/lib/docker/x/_data", "Destination": "/data", "RW": True},
        {"Type": "bind", "Source": "/srv/conf", "Destination": "/conf", "RW": False},
        {"Type": "tmpfs", "Source": "", "Destination": "/run", "RW": True},
    ]
    container = container_from(raw)
    assert container.mounts == (
        Mount("bind", "/srv/conf", "/conf", writable=False),
        Mount("volume", "avn_pg", "/data", writable=True, subpath="db"),
    )
    assert container.published == ("127.0.0.1:8080", "53/udp", "81")
    assert container.made_from == ("/srv/id/a.yml", "/srv/id/b.yml")
    assert (container.made_in, container.pgdata) == ("/srv/id", "/data/pg=1")
    bare = container_from(_raw(project__config_files="", project__working_dir=""))
    assert (bare.mounts, bare.published, bare.made_from, bare.made_in, bare.pgdata) == ((), (), (), "", "")


def test_what_an_image_brings() -> None:
    """The variables that its containers start with, and the paths that get an anonymous volume."""
    config = {"Env": ["PATH=/bin", "PGDATA=/data"], "Volumes": {"/data": {}}}
    image = image_from("x:1", {"Id": IMAGE, "Config": config})
    assert (image.environment, image.volumes) == ({"PATH": "/bin", "PGDATA": "/data"}, ("/data",))
    assert image_from("x:1", {"Id": IMAGE}).volumes == ()


def test_when_it_was_started_and_what_it_lives_in() -> None:
    """The last start, how often it was restarted, and the containers whose network or processes it uses."""
    raw = _raw() | {"RestartCount": 7, "HostConfig": {"NetworkMode": f"container:{ID}", "IpcMode": "private"}}
    raw["State"]["StartedAt"] = "2026-11-23T03:20:38.000000001Z"
    container = container_from(raw)
    assert (container.restarts, container.lives_in) == (7, (ID,))
    assert container.started_at == pytest.approx(1795404038.0, abs=0.001)
    raw["State"]["StartedAt"] = "0001-01-01T00:00:00Z"
    assert container_from(raw).started_at == 0.0
    assert container_from(_raw()).lives_in == ()


def test_container_without_health_and_of_a_run() -> None:
    """No health check is "none"; `compose run` containers are told; an unknown state is not taken for running."""
    raw = _raw(oneoff="True")
    raw["State"] = {"Status": "stopping", "ExitCode": 137}
    container = container_from(raw)
    assert (container.health, container.exit_code, container.one_off) == ("none", 137, True)
    assert container.state == "dead"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("postgres:17", "docker.io/library/postgres"),
        ("oryd/kratos:v1", "docker.io/oryd/kratos"),
        ("registry.example.org:5000/a/b:v1", "registry.example.org:5000/a/b"),
        ("localhost/a", "localhost/a"),
        (f"postgres@{D1}", "docker.io/library/postgres"),
        (f"host:5000/a:1@{D1}", "host:5000/a"),
    ],
)
def test_repository_of_a_reference(reference: str, expected: str) -> None:
    """A port is no tag, and Docker Hub's short names are spelled out."""
    assert repository(reference) == expected


@pytest.mark.parametrize(
    ("reference", "known", "digest"),
    [
        ("postgres:17", [f"mirror.example.org/postgres@{D2}", f"postgres@{D1}"], D1),
        (f"postgres@{D2}", [f"postgres@{D1}", f"postgres@{D2}"], D2),
        ("avnwizard/keep:1", [f"postgres@{D1}"], ""),
        (IMAGE, [f"postgres@{D1}"], D1),
        ("built:1", [], ""),
    ],
)
def test_digest_is_the_one_of_the_own_repository(reference: str, known: list[str], digest: str) -> None:
    """An image that several registries know has in each its own digest; a local one has none."""
    image = image_from(reference, {"Id": IMAGE, "RepoDigests": known, "Size": 5})
    assert (image.digest, image.id, image.size_bytes) == (digest, IMAGE, 5)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("postgres", "docker.io/library/postgres:latest"),
        ("docker.io/oryd/kratos:v1", "docker.io/oryd/kratos:v1"),
        ("host:5000/a/b", "host:5000/a/b:latest"),
        (f"host:5000/a:1@{D1}", f"host:5000/a@{D1}"),
        (IMAGE, IMAGE),
    ],
)
def test_a_reference_spelled_out(reference: str, expected: str) -> None:
    """So that what the files say finds what the engine lists."""
    assert spelled_out(reference) == expected


def test_an_image_is_known_by_all_its_names() -> None:
    """Tags, digests and id."""
    raw = {"Id": IMAGE, "RepoTags": ["postgres:17"], "RepoDigests": [f"postgres@{D1}"]}
    assert names_of(raw) == {IMAGE, "docker.io/library/postgres:17", f"docker.io/library/postgres@{D1}"}
    assert names_of({"Id": IMAGE}) == {IMAGE}


def test_an_override_that_came_later(tmp_path: Path) -> None:
    """One container names it, the newest; the others were not touched by it."""
    late = _raw(tmp_path, project__config_files=f"{tmp_path}/a.yml,{tmp_path}/b.yml,{tmp_path}/later.yml")
    late["Created"] = "2026-11-24T03:20:37Z"
    for name in ("a.yml", "b.yml", "later.yml"):
        (tmp_path / name).touch()
    found = project_from([_raw(tmp_path, service="docs"), _raw(tmp_path, service="web"), late], tmp_path)
    assert found is not None
    assert [file.name for file in found.files] == ["a.yml", "b.yml", "later.yml"]


def test_project_from_labels(tmp_path: Path) -> None:
    """Name, files and env file as they were really used; other folders' projects and one-off runs do not count."""
    link = tmp_path / "link"
    stack = tmp_path / "stack"
    stack.mkdir()
    link.symlink_to(stack)
    run = _raw(stack, oneoff="True", project__config_files=f"{stack}/debug.yml")
    found = project_from([run, run, _raw(tmp_path, project="other"), _raw(link), _raw(stack)], link)
    assert found is not None
    assert (found.name, found.directory) == ("avn", stack)
    assert found.files in {(stack / "a.yml", stack / "b.yml"), (link / "a.yml", link / "b.yml")}
    assert found.env_file.name == ".env.production"


def test_no_project(tmp_path: Path) -> None:
    """No container of this folder is no project, not an error."""
    assert project_from([], tmp_path) is None
    assert project_from([_raw(Path("/elsewhere"))], tmp_path) is None


def test_a_project_below_the_checkout(tmp_path: Path) -> None:
    """Started in a folder of the checkout: that folder is the project's; one at the top comes first."""
    below = tmp_path / "docker"
    found = project_from([_raw(below), _raw(tmp_path / "x", project="other")], tmp_path, named="avn")
    assert found is not None
    assert (found.name, found.directory, found.files[0]) == ("avn", below, below / "a.yml")
    top = project_from([_raw(below), _raw(tmp_path, project="other")], tmp_path, named="avn")
    assert top is not None
    assert top.directory == tmp_path
    with pytest.raises(HostError, match=r"avn in .*docker, other in"):
        project_from([_raw(below), _raw(tmp_path / "x", project="other")], tmp_path)


def test_a_project_below_the_checkout_by_its_files(tmp_path: Path) -> None:
    """Where avnwizard.toml names compose files, a project that is run from others is not taken for the stack."""
    containers = [_raw(tmp_path / "docker"), _raw(tmp_path / "examples", project="example")]
    (tmp_path / "docker").mkdir()
    for name in ("docker/b.yml", "compose.yml"):
        (tmp_path / name).touch()
    found = project_from(containers, tmp_path, files=["docker/b.yml"])
    assert found is not None
    assert found.name == "avn"
    assert project_from(containers, tmp_path, files=["compose.yml"]) is None


def test_of_several_projects_the_named_one(tmp_path: Path) -> None:
    """What avnwizard.toml says decides where the containers of one folder belong to several projects."""
    found = project_from([_raw(tmp_path), _raw(tmp_path, project="other")], tmp_path, named="other")
    assert found is not None
    assert found.name == "other"


def test_default_env_file(tmp_path: Path) -> None:
    """Without the label it is Compose's default."""
    found = project_from([_raw(tmp_path, project__environment_file="")], tmp_path)
    assert found is not None
    assert found.env_file == tmp_path / ".env"


@pytest.mark.parametrize(
    ("containers", "words"),
    [
        ([{"project": "one"}, {"project": "two"}], "one, two"),
        ([{"project__environment_file": "/a,/b"}], "several env files"),
        ([{"project__config_files": ""}], "do not tell"),
        ([{"project__config_files": "-"}], "do not tell"),
    ],
)
def test_unclear_project(tmp_path: Path, containers: list[dict[str, str]], words: str) -> None:
    """Several projects or env files, or files that the labels do not tell, are refused with a hint."""
    with pytest.raises(HostError, match=words) as raised:
        project_from([_raw(tmp_path, **labels) for labels in containers], tmp_path)
    assert raised.value.hint


def test_env_file_beats_the_shell(tmp_path: Path) -> None:
    """What the env file defines is taken out of the shell's variables; what only the shell has stays."""
    env_file = tmp_path / ".env"
    env_file.write_text("\ufeffFIRST=1\n# COMMENTED=1\nexport SECRET = x\nPATH=/evil\nEMPTY=\nYAML: x\nBARE\n")
    shell = dict.fromkeys(("FIRST", "COMMENTED", "SECRET", "PATH", "EMPTY", "YAML", "BARE", "DOPPLER"), "shell")
    compose = {"COMPOSE_PROJECT_NAME": "other", "COMPOSE_FILE": "x", "COMPOSE_PROFILES": "a", "DOCKER_HOST": "h"}
    kept = compose_environment({**shell, **compose}, env_file)
    assert kept.keys() == {"COMMENTED", "PATH", "BARE", "DOPPLER", "COMPOSE_PROFILES", "DOCKER_HOST"}
    assert shadowed({**shell, **compose}, env_file) == ("EMPTY", "FIRST", "SECRET", "YAML")


def test_missing_env_file_is_told(tmp_path: Path) -> None:
    """An env file that is not there is an error before Compose runs with blanks."""
    with pytest.raises(HostError, match="No such file"):
        compose_environment({}, tmp_path / ".env")


def test_addresses_of_a_container() -> None:
    """Its own addresses first, then what it publishes on this host; nothing when it is stopped."""
    networks = {"a": {"IPAddress": "172.22.0.3"}, "b": {"IPAddress": ""}}
    ports = {"5432/tcp": [{"HostIp": "0.0.0.0", "HostPort": "15432"}, {"HostIp": "::", "HostPort": "15432"}]}
    raw = {"NetworkSettings": {"Networks": networks, "Ports": ports}}
    assert addresses(raw) == [("172.22.0.3", "5432"), ("127.0.0.1", "15432")]
    assert addresses({"NetworkSettings": {"Networks": {"a": {"IPAddress": ""}}, "Ports": {}}}) == []
    assert addresses({"HostConfig": {"NetworkMode": "host"}}) == [("127.0.0.1", "5432")]

"""The docker adapter on a real engine, with the product's own stack: what the flows rely on, once each."""

from pathlib import Path

import pytest

from avnwizard.adapters.docker import DockerStack, find_project
from avnwizard.adapters.postgres import PostgresDatabase, proc_pipes
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.domain.host import Container
from avnwizard.errors import HostError
from tests.lab.stack import LabStack

pytestmark = pytest.mark.engine


@pytest.fixture
def running(resting: LabStack) -> LabStack:
    """The shared stack at v1.5.0, which these tests leave serving."""
    return resting


@pytest.fixture
def stack(running: LabStack) -> DockerStack:
    """The adapter, on the project that discovery finds."""
    project = find_project(running.clone, env=running.env)
    assert project is not None
    return DockerStack(project, environ=running.env)


def _of(stack: DockerStack, service: str) -> list[Container]:
    return [each for each in stack.containers() if each.service == service]


def test_discovery_and_facts(running: LabStack, stack: DockerStack, tmp_path: Path) -> None:
    """The labels tell project, files and env file; the engine tells its version and its disk."""
    assert stack.project.name == running.project
    assert stack.project.files == (running.clone / "docker-compose.traefik.yml",)
    assert stack.project.env_file == running.clone / ".env.production"
    assert find_project(tmp_path, env=running.env) is None
    facts = stack.engine()
    assert facts.version.split(".")[0].isdigit()
    assert facts.root_dir == str(running.lab.paths.data)
    assert facts.free_bytes


def test_the_resolved_model_is_what_runs(stack: DockerStack) -> None:
    """Every container's hash and image are those of the model, so `up` would have nothing to do."""
    model, hashes = stack.resolve(), stack.config_hashes()
    containers = stack.containers()
    assert {each.service for each in containers} == model.services.keys()
    for each in containers:
        assert each.config_hash == hashes[each.service] != "", each.service
        assert each.image == model.services[each.service].image
        assert each.is_serving or (each.state, each.exit_code) == ("exited", 0)


def test_the_env_file_beats_an_exported_variable(running: LabStack) -> None:
    """A variable exported in the operator's shell changes neither the model nor what `up` does."""
    project = find_project(running.clone, env=running.env)
    assert project is not None
    exported = {"AVNOLOGY_DOMAIN": "evil.example", "HYDRA_SYSTEM_SECRET": "x", "COMPOSE_PROJECT_NAME": "other"}
    quiet, loud = (DockerStack(project, environ={**running.env, **extra}) for extra in ({}, exported))
    assert quiet.resolve().raw == loud.resolve().raw
    before = _of(loud, "gateway")
    loud.up("gateway")
    assert _of(loud, "gateway") == before


def test_other_files_and_env_file(running: LabStack, stack: DockerStack, tmp_path: Path) -> None:
    """A model from elsewhere keeps project and relative paths; only what the change concerns would be replaced."""
    files = (tmp_path / "compose.yml",)
    files[0].write_bytes((running.clone / "docker-compose.traefik.yml").read_bytes())
    env_file = tmp_path / "env"
    env_file.write_text((running.clone / ".env.production").read_text() + "\nAVNOLOGY_DOMAIN=new.example\n")
    now, then = stack.resolve(), stack.resolve(files, env_file)
    assert then.raw["name"] == running.project
    changed = {name for name in now.services if now.raw["services"][name] != then.raw["services"][name]}
    assert "gateway" in changed
    assert "postgres" not in changed
    assert stack.outdated("gateway", files=files, env_file=env_file) == {each.id for each in _of(stack, "gateway")}
    assert stack.outdated("postgres", files=files, env_file=env_file) == frozenset()
    assert now.services["avnology-migrate"].volumes == then.services["avnology-migrate"].volumes


@pytest.mark.parametrize("line", ["nonsense: 1", "ports: ['${POSTGRES_PASSWORD}']", "image: '${UNSET:?tell me}'"])
def test_a_model_that_does_not_resolve(running: LabStack, stack: DockerStack, tmp_path: Path, line: str) -> None:
    """A broken compose file is an error that names it and holds no secret of the env file."""
    broken = tmp_path / "compose.yml"
    broken.write_text(f"services:\n  a:\n    container_name: x\n    {line}\n")
    with pytest.raises(HostError) as raised:
        stack.resolve((broken,))
    password = running.env_file()["POSTGRES_PASSWORD"]
    assert password not in raised.value.message
    assert raised.value.hint


def test_images_pulled_kept_and_put_back(running: LabStack, stack: DockerStack) -> None:
    """A tag that moves in the registry is seen, pulled, and pointed back to the image that was kept."""
    lab = running.lab
    lab.push_build("docs-moving", "docs", "v1.5.0")
    reference = f"{lab.registry}/docs-moving:v1.5.0"
    old = stack.pull(reference, lambda _: None)
    stack.keep(old.id, "avnwizard-test/docs:kept")
    try:
        moved = lab.push_build("docs-moving", "docs", "v1.5.0", broken=True)
        assert stack.registry_digest(reference) == moved != old.digest
        lines: list[str] = []
        new = stack.pull(reference, lines.append)
        assert (new.digest, lines != []) == (moved, True)
        assert new.id != old.id
        kept = stack.image("avnwizard-test/docs:kept")
        assert kept is not None
        assert kept.id == old.id
        stack.retag(old.id, reference)
        back = stack.image(reference)
        assert back is not None
        assert back.id == old.id
    finally:
        stack.release("avnwizard-test/docs:kept")
        stack.release("avnwizard-test/docs:kept")
    assert stack.image("avnwizard-test/docs:kept") is None
    with pytest.raises(HostError):
        stack.pull(reference.replace("v1.5.0", "v0.0.0"), lambda _: None)
    assert stack.registry_digest(reference.replace("v1.5.0", "v0.0.0")) == ""


def test_a_surge_by_hand(running: LabStack, stack: DockerStack) -> None:
    """New beside old, no way to scale down by accident, the old one removed by id; then `up` has nothing to do."""
    (old,) = _of(stack, "web")
    stack.up("web", scale=2, recreate=False)
    both = _of(stack, "web")
    assert [each.number for each in both] == [1, 2]
    assert old.id in {each.id for each in both}
    with pytest.raises(HostError, match="scaling it down"):
        stack.up("web", scale=1)
    stack.stop(old.id, grace_s=5)
    assert next(each for each in _of(stack, "web") if each.id == old.id).state == "exited"
    stack.remove(old.id)
    stack.remove(old.id)
    stack.stop(old.id, old.id[:12], grace_s=1)
    (new,) = _of(stack, "web")
    stack.up("web")
    assert [each.id for each in _of(stack, "web")] == [new.id]
    running.wait_ready()


def test_up_neither_pulls_nor_touches_others(running: LabStack, stack: DockerStack) -> None:
    """With the image gone `up` fails rather than pulls, and no other container is replaced."""
    reference = stack.resolve().services["saml"].image
    image = stack.image(reference)
    assert image is not None
    others = [each.id for each in stack.containers() if each.service != "saml"]
    (container,) = _of(stack, "saml")
    stack.keep(image.id, "avnwizard-test/saml:kept")
    stack.stop(container.id, grace_s=1)
    stack.remove(container.id)
    stack.release(reference)
    try:
        with pytest.raises(HostError, match=r"(?i)no such image"):
            stack.up("saml")
    finally:
        stack.retag(image.id, reference)
        stack.release("avnwizard-test/saml:kept")
    stack.up("saml")
    running.wait_ready()
    assert [each.id for each in stack.containers() if each.service != "saml"] == others


def test_logs(stack: DockerStack) -> None:
    """The last lines of both outputs; nothing for a container that is gone."""
    (postgres,) = _of(stack, "postgres")
    assert len(stack.logs(postgres.id, lines=3)) == 3
    assert stack.logs("0" * 64, lines=3) == ()


def test_postgres_in_its_container(
    running: LabStack, stack: DockerStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dump, read back, restore beside and swap, by the container's own tools; the row counts are the same."""
    (container,) = _of(stack, "postgres")
    opened, taken = proc_pipes._opened, list[bool]()

    def seen(name: str) -> proc_pipes.Pipes | None:
        pipes = opened(name)
        taken.append(pipes is not None)
        return pipes

    monkeypatch.setattr(proc_pipes, "_opened", seen)
    database = PostgresDatabase(ContainerPostgresAccess(container.id, environ=running.env))
    assert database.server().major == 17
    counts, schema = database.row_counts("kratos"), database.fingerprint("kratos")
    dump = tmp_path / "kratos.dump"
    with database.moments(["kratos"]) as (moment,):
        database.dump(moment, dump, lambda _done, _total: None)
    assert taken == [True], "it came by the engine's streams"
    database.read_back(dump)
    database.create("kratos new", owner="kratos")
    try:
        database.restore(dump, "kratos new", lambda _done, _total: None)
        assert database.row_counts("kratos new") == counts
        assert database.fingerprint("kratos new") == schema
        database.rename("kratos", "kratos old")
        database.rename("kratos new", "kratos")
        assert database.row_counts("kratos") == counts
    finally:
        database.drop("kratos old" if database.exists("kratos old") else "kratos new")
    data = dump.read_bytes()
    dump.write_bytes(data[: len(data) // 2])
    with pytest.raises(HostError):
        database.read_back(dump)
    database.dump_globals(tmp_path / "globals.sql")
    assert "CREATE ROLE kratos" in (tmp_path / "globals.sql").read_text()
    running.wait_ready()

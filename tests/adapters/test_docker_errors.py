"""What the adapter makes of Docker's complaints, by a `docker` that says what the real one says."""

import stat
from pathlib import Path

import pytest

from avnwizard.adapters.docker import DockerStack, find_engine, find_project, plugin
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.domain.host import ComposeProject
from avnwizard.errors import HostError

INFO = (
    'if [ "$1" = info ]; then echo \'{"ServerVersion": "28.2.2", "DockerRootDir": "/var/lib/docker"}\'; exit 0; fi\n'
)
SOCKET = "unix:///var/run/docker.sock"
DOWN = f"echo 'Cannot connect to the Docker daemon at {SOCKET}. Is the docker daemon running?' >&2; exit 1"
DENIED = f"echo 'permission denied while trying to connect to the Docker daemon socket at {SOCKET}' >&2; exit 1"
NO_PLUGIN = INFO + 'echo "docker: unknown command: docker compose" >&2; exit 1'
OLD_PLUGIN = INFO + 'if [ "$1" = compose ]; then echo v2.17.3; exit 0; fi; exit 1'
GOOD = INFO + 'if [ "$1" = compose ]; then echo 2.39.1; exit 0; fi; exit 1'


@pytest.fixture(autouse=True)
def _no_plugin_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose is what the script says, whatever this machine has installed."""
    monkeypatch.setattr(plugin, "_SYSTEM", ())


def _environ(tmp_path: Path, script: str) -> dict[str, str]:
    """A PATH whose docker is the script."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(stat.S_IRWXU)
    return {"PATH": f"{program.parent}:/usr/bin:/bin"}


@pytest.mark.parametrize(
    ("script", "words", "hint"),
    [
        (DOWN, "Cannot connect", "systemctl start docker"),
        (DENIED, "permission denied", "group docker"),
        (NO_PLUGIN, "no Compose plugin", "docker-compose-plugin"),
        (OLD_PLUGIN, "2.17.3 is too old", "2.30"),
        ("echo not json", "printed no JSON", "stand-in"),
        ('echo \'{"ServerErrors": ["Cannot connect to the Docker daemon"]}\'', "does not answer", "systemctl"),
    ],
)
def test_engine_errors(tmp_path: Path, script: str, words: str, hint: str) -> None:
    """Each way in which Docker can be unusable has its own sentence and hint."""
    with pytest.raises(HostError, match=words) as raised:
        find_engine(DockerCli(_environ(tmp_path, script)))
    assert hint in raised.value.hint


def test_no_docker_at_all(tmp_path: Path) -> None:
    """Without the CLI the hint says where to get it."""
    with pytest.raises(HostError, match="no `docker`") as raised:
        find_project(tmp_path, env={"PATH": str(tmp_path)})
    assert "docs.docker.com" in raised.value.hint


def test_facts_of_an_engine_elsewhere(tmp_path: Path) -> None:
    """Where the engine's socket is not on this host, its free space is unknown rather than ours."""
    facts = find_engine(DockerCli(_environ(tmp_path, GOOD)))
    assert (facts.version, facts.compose_version, facts.root_dir) == ("28.2.2", "2.39.1", "/var/lib/docker")
    assert facts.free_bytes is None


def test_gone_containers_are_no_error(tmp_path: Path) -> None:
    """Stopping, removing and untagging what is gone is done already; any other refusal is told."""
    project = ComposeProject("avn", tmp_path, (tmp_path / "a.yml",), tmp_path / ".env")
    gone = DockerStack(project, environ=_environ(tmp_path, "echo 'Error: No such container: abc' >&2; exit 1"))
    gone.stop("abc", grace_s=1)
    gone.remove("abc")
    gone.release("keep:1")
    assert gone.image("keep:1") is None
    assert gone.logs("abc", lines=3) == ()
    both = "echo 'Error: No such container: abc' >&2; echo 'Error: container is running' >&2; exit 1"
    partly = DockerStack(project, environ=_environ(tmp_path, both))
    with pytest.raises(HostError, match="container is running"):
        partly.stop("abc", "def", grace_s=1)
    stuck = DockerStack(project, environ=_environ(tmp_path, "echo 'Error: container is running' >&2; exit 1"))
    for attempt in (
        lambda: stuck.stop("abc", grace_s=1),
        lambda: stuck.remove("abc"),
        lambda: stuck.release("keep:1"),
        lambda: stuck.image("keep:1"),
        lambda: stuck.logs("abc", lines=3),
        lambda: stuck.keep("sha256:1", "keep:1"),
    ):
        with pytest.raises(HostError, match="container is running"):
            attempt()


def test_password_travels_in_the_environment_alone(tmp_path: Path) -> None:
    """The argv of a client tool holds names; the value is in the child's environment and in no repr."""
    inspected = '[{"Config": {"Env": ["POSTGRES_USER=avnology", "POSTGRES_PASSWORD=hunter2"]}}]'
    access = ContainerPostgresAccess("abc", environ=_environ(tmp_path, f"echo '{inspected}'"))
    call = access.command(("pg_dump", "-Fc"))
    assert call.argv == ("docker", "exec", "-i", "-e", "PGPASSWORD", "-e", "PGUSER", "abc", "pg_dump", "-Fc")
    assert (call.environment["PGPASSWORD"], call.environment["PGUSER"]) == ("hunter2", "avnology")
    assert "hunter2" not in repr(call)
    assert "hunter2" not in repr(access)
    with pytest.raises(HostError, match="no address"):
        access.connection("avnology")


def test_password_file_is_read_in_the_container(tmp_path: Path) -> None:
    """POSTGRES_PASSWORD_FILE (Docker secrets) is followed."""
    inspected = '[{"Config": {"Env": ["POSTGRES_PASSWORD_FILE=/run/secrets/pg"]}}]'
    script = f'if [ "$1" = exec ]; then [ "$5" = /run/secrets/pg ] && echo from-file; else echo \'{inspected}\'; fi'
    env = ContainerPostgresAccess("abc", environ=_environ(tmp_path, script)).command(("psql",)).environment
    assert (env["PGPASSWORD"], env["PGUSER"]) == ("from-file", "postgres")


def test_an_engine_that_is_asked_for_again(tmp_path: Path) -> None:
    """A CLI that failed is asked again, and so is one whose context was changed; else several ask it but once."""
    said, asked = tmp_path / "said", tmp_path / "asked"
    (settings := tmp_path / "settings").mkdir()
    environ = {**_environ(tmp_path, f"echo >> {asked}; cat {said}"), "DOCKER_CONFIG": str(settings)}
    assert DockerCli(environ).engine_socket is None
    said.write_text("unix:///run/one.sock\n")
    assert [DockerCli(environ).engine_socket for _ in range(3)] == [Path("/run/one.sock")] * 3
    assert asked.read_text() == "\n\n"
    said.write_text("tcp://elsewhere:2376\n")
    (settings / "config.json").write_text('{"currentContext": "elsewhere"}')
    assert DockerCli(environ).engine_socket is None

"""What changes the stack, by a docker that records what it is called with: it is what the plan shows, and bounded."""

import stat
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from avnwizard.adapters.docker import DockerStack
from avnwizard.adapters.docker.changes import Changes
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.whales import Whales
from avnwizard.domain import commands
from avnwizard.domain.commands import Argv
from avnwizard.domain.host import ComposeProject, Container
from avnwizard.errors import HostError
from tests.waiting import until

IDS = ("0a1b2c", "3d4e5f")
IMAGE = "registry.example.org:5000/shop/web:v2"
UPS = [
    {"scale": scale, "recreate": recreate, "force": force, "grace_s": grace_s}
    for scale, recreate, force, grace_s in product((None, 2), (True, False), (True, False), (None, 30.5))
    if recreate or not force
]


class Recorded:
    """A `docker` of its own: every call's words, environment and standard input are kept in a folder."""

    def __init__(self, folder: Path, then: str = "") -> None:
        self.folder, self.environ = folder, {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "HOME": str(folder)}
        program = folder / "bin" / "docker"
        program.parent.mkdir()
        program.write_text(
            f"""#!/bin/sh
cd {folder}
n=$(ls | grep -c argv)
printf '%s\\0' docker "$@" > argv.$n
env -0 > environ
cat > stdin
{then}
"""
        )
        program.chmod(stat.S_IRWXU)
        (folder / ".env").write_text("SECRET=correct-horse\nPLAIN=1\n")
        self.project = ComposeProject(
            "shop", folder / "a b", (folder / "one.yml", folder / "two.yml"), folder / ".env"
        )
        self.changes = Changes(DockerCli(self.environ), self.project)

    @property
    def calls(self) -> list[Argv]:
        """The words of each call, in order, but for where the engine is."""
        files = sorted(self.folder.glob("argv.*"), key=lambda file: int(file.suffix[1:]))
        found = [tuple(file.read_text().rstrip("\0").split("\0")) for file in files]
        return [words for words in found if words[1] != "context"]

    @property
    def environment(self) -> dict[str, str]:
        """The last call's environment."""
        pairs = (line.partition("=") for line in (self.folder / "environ").read_text().split("\0"))
        return {name: value for name, _, value in pairs if name}


class _Unread(DockerStack):
    """A project whose containers nobody asks for: `up` is all that matters here."""

    def containers(self, service: str = "") -> tuple[Container, ...]:
        return ()


@pytest.fixture
def docker(tmp_path: Path) -> Recorded:
    """A docker with which everything goes well."""
    return Recorded(tmp_path)


@pytest.mark.parametrize("how", UPS, ids=str)
def test_up_is_what_the_plan_shows(docker: Recorded, how: dict[str, object]) -> None:
    """Every combination of its options: one call, word for word."""
    stack = _Unread(docker.project, environ=docker.environ)
    stack.up("web", **how)  # type: ignore[arg-type]
    assert docker.calls == [commands.compose_up(docker.project, "web", **how)]  # type: ignore[arg-type]


def test_several_are_started_by_one_command(docker: Recorded) -> None:
    """As a rollback does with what it stopped, and a wave with its new containers: one call, word for word."""
    stack = _Unread(docker.project, environ=docker.environ)
    stack.up_together(["web", "api"])
    stack.up_together(["web", "api"], {"web": 2, "api": 4})
    assert docker.calls == [
        commands.compose_up_together(docker.project, ["web", "api"]),
        commands.compose_up_together(docker.project, ["web", "api"], {"web": 2, "api": 4}),
    ]
    assert {"--scale", "web=2", "api=4", "--no-recreate"} <= set(docker.calls[1])


def test_composes_own_program_is_called_where_it_is(docker: Recorded) -> None:
    """With the words that the plan shows behind `docker compose`; the docker CLI would start it twice for that."""
    program = docker.folder / ".docker" / "cli-plugins" / "docker-compose"
    program.parent.mkdir(parents=True)
    program.write_text((docker.folder / "bin" / "docker").read_text().replace('docker "$@"', 'plugin "$@"'))
    program.chmod(stat.S_IRWXU)
    stack = _Unread(docker.project, environ=docker.environ)
    stack.up("web")
    assert docker.calls == [("plugin", *commands.compose_up(docker.project, "web")[2:])]
    assert "SECRET" not in docker.environment


def test_a_command_apart_is_what_the_plan_shows(docker: Recorded) -> None:
    """One call, word for word: no proxy is to find the container, and nothing that the service depends on starts."""
    words = ("migrate", "sql", "up", "-e", "--yes")
    _Unread(docker.project, environ=docker.environ).one_offs.start("hydra", words, name="shop-hydra-migrate-1")
    (call,) = docker.calls
    assert call == commands.compose_run(docker.project, "hydra", words, name="shop-hydra-migrate-1")
    assert call[-13:-6:2] == ("run", "--no-deps", "shop-hydra-migrate-1", "traefik.enable=false")
    assert call[-6:] == ("hydra", *words)


@pytest.mark.parametrize(
    ("change", "argv"),
    [
        (lambda it: it.pull(IMAGE, lambda _: None, timeout_s=20), commands.docker_pull(IMAGE)),
        (lambda it: it.tag("sha256:00", "kept:1"), commands.docker_tag("sha256:00", "kept:1")),
        (lambda it: it.untag("kept:1"), commands.docker_untag("kept:1")),
        (lambda it: it.stop(IDS, grace_s=60.5), commands.docker_stop(IDS, 60.5)),
        (lambda it: it.start(IDS[0]), commands.docker_start(IDS[0])),
        (lambda it: it.remove(IDS[0]), commands.docker_remove(IDS[0])),
        (lambda it: it.rename(IDS[0], "polis"), commands.docker_rename(IDS[0], "polis")),
        (lambda it: it.remove_helper(IDS[0]), commands.docker_remove_helper(IDS[0])),
        (lambda it: it.run_director(IMAGE, "d", b"a=b\n"), commands.docker_director(IMAGE, "d")),
    ],
    ids=["pull", "tag", "untag", "stop", "start", "remove", "rename", "remove-helper", "director"],
)
def test_each_change_is_what_the_plan_shows(docker: Recorded, change: Callable[[Changes], None], argv: Argv) -> None:
    """One call, word for word; nothing is inspected before or after it."""
    change(docker.changes)
    assert docker.calls == [argv]


def test_a_directors_labels_come_on_stdin(docker: Recorded) -> None:
    """They may hold password hashes: no argv has them."""
    docker.changes.run_director(IMAGE, "d", b"traefik.a=$apr1$x\nb=\xc3\xa9\n")
    assert (docker.folder / "stdin").read_bytes() == b"traefik.a=$apr1$x\nb=\xc3\xa9\n"


def test_what_the_command_gets(docker: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own environment without the variables of the env file, a private TMPDIR, nothing on stdin."""
    monkeypatch.setenv("FROM_THE_SHELL", "1")
    environ = {**docker.environ, "SECRET": "of the shell", "ODD": "two\nlines = é", "COMPOSE_FILE": "other.yml"}
    stack = _Unread(docker.project, environ=environ)
    stack.up("web")
    got = docker.environment
    assert got["ODD"] == "two\nlines = é"
    assert not {"SECRET", "COMPOSE_FILE", "FROM_THE_SHELL"} & got.keys()
    assert Path(got["TMPDIR"]).name.startswith("avnwizard-")
    assert not Path(got["TMPDIR"]).exists()
    assert (docker.folder / "stdin").read_bytes() == b""


def test_debugging_prints_no_environment(
    docker: Recorded, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """python-on-whales' own debug switch would print every variable with its value."""
    monkeypatch.setenv("PYTHON_ON_WHALES_DEBUG", "1")
    docker.changes.tag("sha256:00", "kept:1")
    assert capfd.readouterr() == ("", "")


def test_lines_of_a_pull(tmp_path: Path) -> None:
    """Lines come as they are printed, bars line by line, bytes that are no text replaced."""
    docker = Recorded(tmp_path, "printf 'a: Pulling\\r1 MB\\r2 MB\\n\\n\\377 done\\n'")
    lines: list[str] = []
    docker.changes.pull(IMAGE, lines.append, timeout_s=20)
    assert lines == ["a: Pulling", "1 MB", "2 MB", "\ufffd done"]


def test_a_failed_pull_says_why(tmp_path: Path) -> None:
    """Docker's words, redacted, with a hint; the command is named as the plan shows it."""
    docker = Recorded(tmp_path, "echo 'pull access denied: https://u:hush@r.example' >&2; exit 1")
    with pytest.raises(HostError, match=r"`docker image pull .*` failed with code 1: pull access denied") as raised:
        docker.changes.pull(IMAGE, lambda _: None, timeout_s=20)
    assert "hush" not in raised.value.message
    assert "docker login" in raised.value.hint


@pytest.mark.parametrize("said", ["bad value correct-horse", "\\377 bad value correct-horse"])
def test_a_failed_up_says_why_without_secrets(tmp_path: Path, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Also where the complaint is no UTF-8; nothing of it reaches this process's own output."""
    docker = Recorded(tmp_path, f"printf '{said}\\n' >&2; exit 17")
    stack = _Unread(docker.project, environ=docker.environ)
    with pytest.raises(HostError, match=r"`docker compose .* web` failed with code .*bad value") as raised:
        stack.up("web")
    assert "correct-horse" not in raised.value.message
    assert "timeout" not in raised.value.message
    assert "compose logs web" in raised.value.hint
    assert raised.value.__cause__ is None
    assert capfd.readouterr() == ("", "")


def test_what_is_gone_is_gone(tmp_path: Path) -> None:
    """To stop or remove it is no error; another complaint is."""
    gone = Recorded(tmp_path, "echo 'Error response from daemon: No such container: x' >&2; exit 1")
    gone.changes.stop(IDS, grace_s=1)
    gone.changes.remove(IDS[0])
    (tmp_path / "2").mkdir()
    other = Recorded(tmp_path / "2", "echo 'Error: it is being used' >&2; exit 1")
    with pytest.raises(HostError, match="being used"):
        other.changes.remove(IDS[0])


@pytest.mark.parametrize(
    "sleeps", ["sleep 300", "setsid sleep 30 & sleep 300", "trap '' TERM; sleep 300"], ids=["plain", "away", "deaf"]
)
def test_one_that_hangs_is_ended(tmp_path: Path, sleeps: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it started; what got away and holds its output is waited for no longer either."""
    monkeypatch.setattr("avnwizard.adapters.docker.whales._MARGIN_S", 1.0)
    monkeypatch.setattr("avnwizard.adapters.docker.whales._KILL_AFTER_S", 1)
    docker = Recorded(tmp_path, f"echo $$ > pid; {sleeps}")
    argv = commands.docker_tag("sha256:00", "kept:1")
    with pytest.raises(HostError, match=r"`docker image tag .*` did not finish within 1 s and was ended"):
        Whales(DockerCli(docker.environ)).run(argv, lambda it: it.image.tag("sha256:00", "kept:1"), timeout_s=1)
    pid = (tmp_path / "pid").read_text().strip()
    until(lambda: not _runs(pid))


def _runs(pid: str) -> bool:
    """Whether a process is at work; one that has ended and waits for its parent is not."""
    status = Path("/proc", pid, "stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_without_docker(tmp_path: Path) -> None:
    """The hint says where to get it."""
    with pytest.raises(HostError, match="no `docker`") as raised:
        Changes(DockerCli({"PATH": str(tmp_path)})).tag("a", "b")
    assert "docs.docker.com" in raised.value.hint

"""Compose's own program in place of the CLI that passes words on to it, where that program is sure to be the one."""

from pathlib import Path

import pytest

from avnwizard.adapters.docker import plugin
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.engine import find_engine
from avnwizard.adapters.docker.plugin import by_plugin
from tests.adapters.small_engine import engine_that_answers

_ARGV = ("docker", "compose", "-p", "x", "config")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CLI's configuration folder with the plugin in it; the system has none."""
    monkeypatch.setattr(plugin, "_SYSTEM", (str(tmp_path / "system"),))
    program = tmp_path / "config" / "cli-plugins" / "docker-compose"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return tmp_path / "config"


def test_the_users_plugin_comes_first(config: Path, tmp_path: Path) -> None:
    """Then the system's; without either it is the CLI's to say so."""
    own = str(config / "cli-plugins" / "docker-compose")
    assert by_plugin(_ARGV, {"DOCKER_CONFIG": str(config)}) == (own, "-p", "x", "config")
    (tmp_path / "system").mkdir()
    system = tmp_path / "system" / "docker-compose"
    system.write_text("")
    system.chmod(0o755)
    assert by_plugin(_ARGV, {"HOME": str(tmp_path)})[0] == str(system)
    assert by_plugin(_ARGV, {"DOCKER_CONFIG": str(config)})[0] == own
    system.unlink()
    assert by_plugin(_ARGV, {}) == _ARGV
    assert by_plugin(("docker", "ps"), {"DOCKER_CONFIG": str(config)}) == ("docker", "ps")


def test_where_it_is_not_sure(config: Path) -> None:
    """Other folders named in the settings come before; a file that cannot be run is the CLI's to complain of."""
    environ = {"DOCKER_CONFIG": str(config)}
    (config / "config.json").write_text('{"cliPluginsExtraDirs": ["/opt/plugins"]}')
    assert by_plugin(_ARGV, environ) == _ARGV
    for text in ("{}", "no json", "[]"):
        (config / "config.json").write_text(text)
        assert by_plugin(_ARGV, environ) != _ARGV
    (config / "cli-plugins" / "docker-compose").chmod(0o644)
    assert by_plugin(_ARGV, environ) == _ARGV


def test_its_version_is_asked_once_for_each_program(config: Path, tmp_path: Path) -> None:
    """A plan wants the engine's facts four times; a plugin that was replaced meanwhile is asked again."""
    program = config / "cli-plugins" / "docker-compose"

    def becomes(version: str) -> None:
        fresh = tmp_path / version
        fresh.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/asked\necho v{version}\n")
        fresh.chmod(0o755)
        fresh.replace(program)

    with engine_that_answers(tmp_path, 200, b'{"ServerVersion": "28.0.0"}') as (_, cli):
        known = DockerCli({**cli.environ, "DOCKER_CONFIG": str(config)})
        becomes("2.40.3")
        assert [find_engine(known).compose_version for _ in range(3)] == ["2.40.3"] * 3
        becomes("2.41.0")
        assert find_engine(known).compose_version == "2.41.0"
    assert (tmp_path / "asked").read_text().split() == ["asked", "asked"]

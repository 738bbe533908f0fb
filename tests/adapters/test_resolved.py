"""Asking Compose once for the model of the same files, and again after anything of what it reads has changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from avnwizard.adapters.docker import DockerStack
from avnwizard.domain.host import ComposeProject
from avnwizard.errors import HostError

FILE = "services:\n  web:\n    image: shop/web:v1\n"


class Asked:
    """A project whose Compose counts how often it is asked, and answers with that number."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "config" / "cli-plugins" / "docker-compose"
        self.program.parent.mkdir(parents=True)
        self.answer()
        self.file, self.env_file = folder / "compose.yml", folder / ".env"
        self.file.write_text(FILE)
        self.env_file.write_text("A=1\n")
        self.environ = {"PATH": "/usr/bin:/bin", "DOCKER_CONFIG": str(folder / "config")}
        self.stack = DockerStack(ComposeProject("shop", folder, (self.file,), self.env_file), environ=self.environ)

    def answer(self, more: str = "") -> None:
        """Put another Compose in the place of the one that is there."""
        self.program.unlink(missing_ok=True)
        count = self.folder / "count"
        self.program.write_text(
            f"#!/bin/sh\necho >> {count}\n{more}\n"
            f'printf \'{{"services": {{"web": {{"image": "%s"}}}}}}\' "$(grep -c "" {count})"\n'
        )
        self.program.chmod(0o755)

    def image(self) -> str:
        """How often it was asked when it gave this answer."""
        return self.stack.resolve().services["web"].image


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """A project with nothing odd about it."""
    return Asked(tmp_path)


def test_the_same_is_asked_once(asked: Asked) -> None:
    """The model is the one that was given before."""
    assert [asked.image() for _ in range(3)] == ["1", "1", "1"]


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.file.write_text(FILE + "# more\n"),
        lambda it: it.env_file.write_text("A=2\n"),
        lambda it: it.environ.update(B="3"),
        lambda it: it.answer("# another"),
    ],
    ids=["compose file", "env file", "environment", "compose"],
)
def test_a_change_is_asked_again(asked: Asked, change: Callable[[Asked], object]) -> None:
    """Whatever Compose reads: its files, the environment, its own program."""
    assert asked.image() == "1"
    change(asked)
    asked.stack._cli._environ = asked.environ
    assert [asked.image(), asked.image()] == ["2", "2"]


@pytest.mark.parametrize(
    "more",
    [
        "    env_file: web.env\n",
        "    label_file: web.labels\n",
        "    extends: {file: base.yml, service: web}\n",
        "include: [more.yml]\n",
        '"\\u0069nclude": [more.yml]\n',
    ],
)
def test_files_that_draw_in_others_are_asked_each_time(asked: Asked, more: str) -> None:
    """What those others hold is not looked at, so no answer is believed for longer than it takes."""
    asked.file.write_text(FILE + more)
    assert [asked.image(), asked.image()] == ["1", "2"]


def test_one_that_changes_meanwhile_is_not_kept(asked: Asked) -> None:
    """Nobody knows which of the two Compose has read."""
    asked.answer(f"echo '# late' >> {asked.file}")
    assert [asked.image(), asked.image()] == ["1", "2"]


def test_a_failure_is_not_kept(asked: Asked) -> None:
    """The next one asks again."""
    asked.answer("[ -e go ] || exit 1".replace("go", str(asked.folder / "go")))
    with pytest.raises(HostError):
        asked.image()
    (asked.folder / "go").touch()
    assert asked.image() == "2"


def test_only_a_few_are_kept(asked: Asked) -> None:
    """They hold secrets, and take memory."""
    for number in range(9):
        asked.env_file.write_text(f"A={number}\n")
        asked.image()
    assert len(asked.stack._models._answers) == 4

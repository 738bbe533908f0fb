"""Asking Compose which containers it would replace: its words count, not its exit status; silence is no answer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.adapters.docker.outdated import outdated
from avnwizard.adapters.process import Completed
from avnwizard.domain.host import Container, ContainerState
from avnwizard.errors import HostError

if TYPE_CHECKING:
    from avnwizard.adapters.docker.cli import DockerCli


class _Cli:
    """Answers as Compose would."""

    def __init__(self, code: int, stderr: str) -> None:
        self._code, self._stderr = code, stderr

    def try_(self, argv: Sequence[str], *, timeout_s: float, env: Mapping[str, str]) -> Completed:
        assert timeout_s
        assert env == {}
        return Completed(tuple(argv), self._code, b"", self._stderr.encode())


def _container(name: str, state: ContainerState = "running") -> Container:
    return Container(f"id-{name}", name, "web", 1, "i", "sha256:i", state, "none", 0, "h", False, 0.0)


def _asked(code: int, stderr: str, *containers: Container) -> frozenset[str]:
    return outdated(cast("DockerCli", _Cli(code, stderr)), {("web",): ("docker", "compose", "up")}, containers, {})


def test_those_that_would_be_replaced() -> None:
    """One of two; also when the dry run itself fails further on."""
    said = "Container a  Running\nContainer b  Recreate\n"
    assert _asked(0, said, _container("a"), _container("b")) == {"id-b"}
    assert _asked(1, said + "Could not find the file / in container b\n", _container("a"), _container("b")) == {
        "id-b"
    }


def test_silence_about_one_that_runs_is_an_error() -> None:
    """That a container would not be replaced and that nobody said so are different answers."""
    with pytest.raises(HostError, match="does not say"):
        _asked(0, "Container a  Running\n", _container("a"), _container("b"))
    with pytest.raises(HostError, match="no such service"):
        _asked(1, "no such service: web\n", _container("a"))


def test_one_that_has_ended_may_go_unmentioned() -> None:
    """`up` starts it again as it is."""
    assert _asked(0, "", _container("a", "exited")) == frozenset()


def test_nothing_is_asked_where_there_is_nothing() -> None:
    """No containers, no question."""
    assert _asked(1, "must not be read") == frozenset()


def test_each_dry_run_answers_for_its_own_services() -> None:
    """What one says of another one's containers does not count: it was not asked about them."""

    class _Several(_Cli):
        def try_(self, argv: Sequence[str], *, timeout_s: float, env: Mapping[str, str]) -> Completed:
            said = {"web": "Container a  Running\nContainer b  Recreate\n", "api": "Container b  Running\n"}
            return Completed(tuple(argv), 0, b"", said[argv[-1]].encode())

    asked: dict[Sequence[str], tuple[str, ...]] = {("web",): ("up", "web"), ("api",): ("up", "api")}
    there = (_container("a"), replace(_container("b"), service="api"))
    assert outdated(cast("DockerCli", _Several(0, "")), asked, there, {}) == frozenset()

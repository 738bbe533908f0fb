"""Compose files of a release that is not checked out: read whole, or refused."""

from dataclasses import replace

import pytest

from avnwizard.errors import RefusedError
from avnwizard.flows import check
from avnwizard.flows.stack.models import compose_paths, resolve_contents
from avnwizard.ports import Compose
from avnwizard.practice.host import PracticeHost
from avnwizard.practice.stack import PracticeStack
from avnwizard.wiring import open_host

_EXTENDS = b"services:\n  docs:\n    extends: {file: common.yml, service: base}\n"
_INCLUDE = b"include: [other.yml]\nservices: {}\n"


@pytest.mark.parametrize(("content", "words"), [(_EXTENDS, "extends of the service docs"), (_INCLUDE, "include")])
def test_files_that_draw_in_others_are_refused(practice_host: PracticeHost, content: bytes, words: str) -> None:
    """What Compose would read from the checkout, of the release of before, is not taken for the new release's."""
    host = open_host(practice_host.project.directory)
    env = host.files.read(host.stack.project.env_file)
    with pytest.raises(RefusedError) as refused:
        resolve_contents(host, {"docker-compose.traefik.yml": content}, env, what="v2.0.0")
    assert words in refused.value.message
    assert "Nothing was changed" in refused.value.message


def test_extends_within_the_file_is_fine(practice_host: PracticeHost) -> None:
    """The project's own files resolve from their contents as they do from the checkout."""
    host = open_host(practice_host.project.directory)
    env = host.files.read(host.stack.project.env_file)
    compose = {path: (host.repo.directory / path).read_bytes() for path in compose_paths(host)}
    assert resolve_contents(host, compose, env, what="here").services == host.stack.resolve().services


class _Shadowed(PracticeStack):
    def shadowed(self) -> tuple[str, ...]:
        return ("HYDRA_SYSTEM_SECRET",)


def test_a_shell_that_exports_what_the_env_file_says_is_told(practice_host: PracticeHost) -> None:
    """Avnwizard is not misled by it; who runs Compose by hand would be."""
    host = open_host(practice_host.project.directory)
    stack = practice_host.stack
    misled = replace(
        host, compose=Compose(_Shadowed(stack.project, practice_host.state, practice_host.cluster), host.edge)
    )
    assert not [one for one in check.check(host) if "shell exports" in one.message]
    told = [one for one in check.check(misled) if "shell exports" in one.message]
    assert [one.level for one in told] == ["warn"]
    assert "HYDRA_SYSTEM_SECRET" in told[0].message

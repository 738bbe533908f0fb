"""A registry that is asked without credentials may hide an image from a stranger."""

import json
from pathlib import Path

import pytest

from avnwizard.adapters.docker import engine_api
from avnwizard.adapters.docker.logins import is_logged_in
from avnwizard.adapters.docker.stack import DockerStack
from avnwizard.domain.host import ComposeProject


def _settings(folder: Path, **found: object) -> dict[str, str]:
    (folder / "config.json").write_text(json.dumps(found))
    return {"DOCKER_CONFIG": str(folder)}


@pytest.mark.parametrize(
    ("reference", "logged_in"),
    [
        ("registry.example.test/app:1", True),
        ("registry.example.test:5000/app:1", False),
        ("ghcr.io/owner/app@sha256:abc", True),
        ("postgres:17", True),
        ("acme/app:1", True),
        ("quay.io/acme/app:1", False),
    ],
)
def test_by_the_names_of_the_settings(tmp_path: Path, reference: str, *, logged_in: bool) -> None:
    """With and without a scheme, by a helper, and Docker Hub under its old name."""
    auths: dict[str, object] = {"registry.example.test": {}, "https://index.docker.io/v1/": {}}
    environ = _settings(tmp_path, auths=auths, credHelpers={"ghcr.io": "x"})
    assert is_logged_in(environ, reference) is logged_in
    assert not is_logged_in({"DOCKER_CONFIG": str(tmp_path / "none")}, reference)


def test_what_a_stranger_is_not_told_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A no counts only from a registry without a login."""
    monkeypatch.setattr(engine_api, "offers", lambda *_: False)
    environ = _settings(tmp_path, auths={"registry.example.test": {}}) | {"DOCKER_HOST": "unix:///none.sock"}
    project = ComposeProject("x", tmp_path, (), tmp_path / ".env")
    stack = DockerStack(project, environ=environ)
    monkeypatch.setattr(type(stack._cli), "engine_socket", Path("/none.sock"))
    assert stack.offers("registry.example.test/app:1") is None
    assert stack.offers("other.example.test/app:1") is False

"""A registry that wants a name and a password, on a real engine: its digests pin a plan as an open one's do."""

import json
from pathlib import Path

import pytest

from avnwizard.adapters.docker import DockerStack
from avnwizard.domain.host import ComposeProject
from tests.lab.engine import Lab
from tests.lab.private_registry import AUTH, private_registry, program
from tests.lab.registry import Image

pytestmark = pytest.mark.engine


def _stack(lab: Lab, client: Path, auth: str) -> DockerStack:
    """The adapter with Docker settings of its own."""
    client.mkdir()
    (client / "config.json").write_text(auth)
    project = ComposeProject("none", client, (client / "compose.yml",), client / ".env")
    return DockerStack(project, environ={**lab.env, "DOCKER_CONFIG": str(client)})


def test_the_digest_of_a_private_image(lab: Lab, tmp_path: Path) -> None:
    """Told to who is logged in, by the config file or by a helper, and pulled so; to nobody else."""
    registry = program()
    assert registry is not None
    helper = tmp_path / "bin" / "docker-credential-lab"
    helper.parent.mkdir()
    with private_registry(tmp_path / "registry", registry) as private:
        digest = private.client.push(Image("web", "v1", (), {"Labels": {"a": "b"}}))
        reference = f"{private.address}/vendor/web:v1"
        by_file = _stack(lab, tmp_path / "file", json.dumps({"auths": {private.address: {"auth": AUTH}}}))
        by_helper = _stack(lab, tmp_path / "helper", json.dumps({"credHelpers": {private.address: "lab"}}))
        helper.write_text('#!/bin/sh\necho \'{"Username": "operator", "Secret": "open-sesame-7"}\'\n')
        helper.chmod(0o755)
        by_helper._cli._environ = {**by_helper._cli.environ, "PATH": f"{helper.parent}:{lab.env['PATH']}"}
        assert [one.registry_digest(reference) for one in (by_file, by_helper)] == [digest, digest]
        assert (by_file.offers(reference), by_file.offers(reference.replace("v1", "v2"))) == (True, False)
        nobody = _stack(lab, tmp_path / "nobody", "{}")
        assert (nobody.registry_digest(reference), nobody.offers(reference)) == ("", None)

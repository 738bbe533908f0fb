"""What the engine is asked for by its API is what the docker CLI asks it for."""

import json
import secrets
from typing import Any

import pytest

from avnwizard.adapters.docker.changes import Changes
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.domain import commands
from tests.lab.engine import Lab

pytestmark = pytest.mark.engine
_OWN = {
    "Id", "Created", "State", "Name", "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath", "NetworkSettings",
    "GraphDriver", "Hostname", "Storage",
}  # fmt: skip
"""What two containers never share."""


def test_a_director_is_what_the_command_of_the_plan_makes(lab: Lab, traefik_image: str) -> None:
    """Started by the API and by the very words that the plan shows: the two differ in nothing but themselves."""
    names = [f"avnwizard-director-test-{secrets.token_hex(4)}" for _ in range(2)]
    labels = {"avnwizard.test": names[0], "traefik.enable": "false"}
    lines = "".join(f"{key}={value}\n" for key, value in labels.items()).encode()
    try:
        Changes(DockerCli(lab.env)).run_director(traefik_image, names[0], lines)
        DockerCli(lab.env).run(commands.docker_director(traefik_image, names[1]), stdin=lines)
        by_api, by_cli = json.loads(lab.docker("container", "inspect", *names).stdout)
    finally:
        lab.docker("rm", "-f", *names, check=False)
    assert _plain(by_api) == _plain(by_cli)
    assert by_api["State"]["Running"]


def test_an_image_is_tagged_and_pulled(lab: Lab, traefik_image: str) -> None:
    """The tag means the image; pulled again it is the same one."""
    name = f"avnwizard-kept/test:{secrets.token_hex(4)}"
    changes, lines = Changes(DockerCli(lab.env)), list[str]()
    try:
        changes.tag(traefik_image, name)
        assert _id(lab, name) == _id(lab, traefik_image)
    finally:
        changes.untag(name)
    before = _id(lab, traefik_image)
    changes.pull(traefik_image, lines.append, timeout_s=60)
    assert _id(lab, traefik_image) == before
    assert any("Status:" in line for line in lines)


@pytest.fixture
def traefik_image(lab: Lab) -> str:
    """The lab's Traefik, as its own registry has it."""
    found = lab.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
    return next(one for one in found if lab.registry in one and "/traefik:" in one)


def _id(lab: Lab, image: str) -> str:
    return lab.docker("image", "inspect", "--format", "{{.Id}}", image).stdout.strip()


def _plain(raw: dict[str, Any]) -> dict[str, Any]:
    """An inspection without what is a container's own, and without what is empty: the CLI spells defaults out."""
    config = {key: value for key, value in raw["Config"].items() if key not in _OWN and value}
    host = {key: value for key, value in raw["HostConfig"].items() if value}
    rest = {key: value for key, value in raw.items() if key not in {*_OWN, "Config", "HostConfig"}}
    return {"Config": config, "HostConfig": host, **rest}

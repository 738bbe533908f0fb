"""Images are tagged and pulled, and directors started, by the engine; what it does not do, the docker CLI tries."""

import json
from pathlib import Path

import pytest

from avnwizard.adapters.docker.changes import Changes
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.making_api import named
from avnwizard.domain import commands
from avnwizard.errors import HostError
from tests.adapters.small_engine import cli_saying, engine_that_answers

IMAGE = "registry.example.org:5000/shop/web:v2"
_PULLED = b"""{"status":"Pulling from shop/web","id":"v2"}
{"status":"Downloading","progressDetail":{"current":1,"total":2},"id":"ab"}
{"status":"Status: Image is up to date"}
"""


def _failing(folder: Path) -> DockerCli:
    """A CLI that names the engine and does nothing else."""
    place = folder / "e.sock"
    return cli_saying(
        folder, f'if [ "$1" = context ]; then echo unix://{place}; else echo "cannot, for a reason" >&2; exit 1; fi'
    )


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("postgres", ("postgres", "latest")),
        (IMAGE, ("registry.example.org:5000/shop/web", "v2")),
        ("localhost:5000/web", ("localhost:5000/web", "latest")),
        ("web:v2@sha256:00", ("web", "sha256:00")),
    ],
)
def test_a_name_and_what_is_asked_of_it(reference: str, parts: tuple[str, str]) -> None:
    """A port is no tag; of a tag and a digest the digest counts."""
    assert named(reference) == parts


def test_the_engine_tags(tmp_path: Path) -> None:
    """The name apart from its tag."""
    with engine_that_answers(tmp_path, 201, b"") as (engine, cli):
        Changes(cli).tag("sha256:00", IMAGE)
    assert engine.asked == ["POST /images/sha256:00/tag?repo=registry.example.org:5000/shop/web&tag=v2"]


def test_the_engine_pulls(tmp_path: Path) -> None:
    """What it says is passed on, but for each layer's progress."""
    lines: list[str] = []
    with engine_that_answers(tmp_path, 200, _PULLED) as (engine, cli):
        Changes(cli).pull(IMAGE, lines.append, timeout_s=20)
    assert engine.asked == ["POST /images/create?fromImage=registry.example.org:5000/shop/web&tag=v2"]
    assert lines == ["v2: Pulling from shop/web", "Status: Image is up to date"]


def test_a_pull_takes_the_operators_credentials(tmp_path: Path) -> None:
    """As `docker pull` does, in a header; a stranger has none."""
    with engine_that_answers(tmp_path, 200, b"") as (engine, cli):
        Changes(cli).pull(IMAGE, print, timeout_s=20)
        auths = {"registry.example.org:5000": {"auth": "bmFtZTpodXNo"}}
        (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
        Changes(cli).pull(IMAGE, print, timeout_s=20)
    first, second = engine.headers
    assert "X-Registry-Auth" not in first
    assert second["X-Registry-Auth"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (200, b'{"error": "toomanyrequests"}'), (200, b"no JSON"), (404, b'{"message": "no such"}')],
)
def test_a_pull_that_fails_is_explained_by_the_cli(tmp_path: Path, status: int, body: bytes) -> None:
    """Also where it fails after the answer has begun."""
    with (
        engine_that_answers(tmp_path, status, body),
        pytest.raises(HostError, match=r"docker image pull .* cannot, for a reason"),
    ):
        Changes(_failing(tmp_path)).pull(IMAGE, print, timeout_s=20)


@pytest.mark.parametrize("variable", ["DOCKER_DEFAULT_PLATFORM", "DOCKER_CONTENT_TRUST"])
def test_what_only_the_cli_heeds_is_left_to_it(tmp_path: Path, variable: str) -> None:
    """Another platform, or only what is signed."""
    with engine_that_answers(tmp_path, 200, _PULLED) as (engine, cli):
        Changes(DockerCli({**cli.environ, variable: "1"})).pull(IMAGE, print, timeout_s=20)
    assert engine.asked == []


def test_credentials_that_cannot_be_had_are_left_to_the_cli(tmp_path: Path) -> None:
    """It says what its helper says."""
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {"registry.example.org:5000": "missing"}}))
    with engine_that_answers(tmp_path, 200, _PULLED) as (engine, cli):
        Changes(cli).pull(IMAGE, print, timeout_s=20)
    assert engine.asked == []


def test_the_engine_starts_a_director(tmp_path: Path) -> None:
    """With its labels, the words that the plan shows, and no more rights than those."""
    with engine_that_answers(tmp_path, 201, b'{"Id": "d1"}') as (engine, cli):
        engine.otherwise = {"/start": 204}
        Changes(cli).run_director("traefik:v3", "d", b"a=b=c\nempty=\n")
    assert engine.asked == ["POST /containers/create?name=d", "POST /containers/d1/start"]
    body = json.loads(engine.bodies[0])
    assert body["Labels"] == {"a": "b=c", "empty": ""}
    assert (body["Image"], *body["Cmd"]) == commands.director_words("traefik:v3")[1:]
    assert body["HostConfig"]["NetworkMode"] == "none"


def test_a_director_that_does_not_start_is_taken_away(tmp_path: Path) -> None:
    """The CLI tries it under the same name, and says why it cannot be."""
    with engine_that_answers(tmp_path, 201, b'{"Id": "d1"}') as (engine, _cli):
        engine.otherwise = {"/start": 500, "?force=1": 204}
        with pytest.raises(HostError, match="cannot, for a reason"):
            Changes(_failing(tmp_path)).run_director("traefik:v3", "d", b"a=b\n")
    assert engine.asked[-1] == "DELETE /containers/d1?force=1"

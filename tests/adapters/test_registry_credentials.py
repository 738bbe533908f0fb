"""Digests in private registries: the operator's credentials go to the engine in a header, and nowhere else."""

import base64
import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from avnwizard.adapters.docker import engine_api
from avnwizard.adapters.docker.credentials import Credentials, registry_auth, registry_of

SECRET = "CaNaRy-of-the-registry"
DIGEST = "sha256:" + "1" * 64
IMAGE = "registry.test:5000/vendor/web:v1"


def _settings(folder: Path, **settings: Any) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(settings))
    return {"DOCKER_CONFIG": str(folder), "PATH": f"{folder}:/usr/bin:/bin"}


def _helper(folder: Path, name: str, answer: str, code: int = 0) -> None:
    """A credential helper that writes down how it was called."""
    file = folder / f"docker-credential-{name}"
    file.write_text(
        f'#!/bin/sh\nprintf \'%s \' "$0" "$@" >>{folder}/asked\ncat >>{folder}/asked\n'
        f"cat <<'END'\n{answer}\nEND\nexit {code}\n"
    )
    file.chmod(0o755)


def _auth(name: str = "me", secret: str = SECRET) -> str:
    return base64.b64encode(f"{name}:{secret}".encode()).decode()


def _sent(reference: str, environ: dict[str, str]) -> dict[str, str]:
    header = registry_auth(reference, environ)
    return dict(json.loads(base64.urlsafe_b64decode(header))) if header else {}


@pytest.mark.parametrize(
    ("reference", "registry"),
    [
        ("postgres:17", "https://index.docker.io/v1/"),
        ("library/postgres", "https://index.docker.io/v1/"),
        ("docker.io/vendor/web@sha256:0", "https://index.docker.io/v1/"),
        (IMAGE, "registry.test:5000"),
        ("localhost/web", "localhost"),
        ("ghcr.io/vendor/web:1", "ghcr.io"),
    ],
)
def test_the_registry_of_a_reference(reference: str, registry: str) -> None:
    """Under the name by which Docker keeps its credentials."""
    assert registry_of(reference) == registry


def test_credentials_of_the_config_file(tmp_path: Path) -> None:
    """By name and password, by an identity token, under an address of old; Docker Hub under its own name."""
    name = {"username": "me", "password": SECRET, "serveraddress": "registry.test:5000"}
    auth = {"auth": _auth()}
    assert _sent(IMAGE, _settings(tmp_path, auths={"registry.test:5000": auth})) == name
    assert _sent(IMAGE, _settings(tmp_path, auths={"https://registry.test:5000/v1/": auth})) == name
    environ = _settings(tmp_path, auths={"registry.test:5000": {"identitytoken": SECRET}})
    assert _sent(IMAGE, environ) == {"identitytoken": SECRET, "serveraddress": "registry.test:5000"}
    environ = _settings(tmp_path, auths={"https://index.docker.io/v1/": auth})
    assert _sent("postgres:17", environ)["username"] == "me"
    assert _sent(IMAGE, environ) == {}, "another registry never gets them"


def test_credentials_of_a_helper(tmp_path: Path) -> None:
    """One for all, or for one registry alone; asked over stdin, whatever else the file holds."""
    answer = {"ServerURL": "x", "Username": "me", "Secret": SECRET}
    environ = _settings(tmp_path, credsStore="all", credHelpers={"ghcr.io": "one"}, auths={"ghcr.io": {}})
    _helper(tmp_path, "all", json.dumps(answer))
    _helper(tmp_path, "one", json.dumps({**answer, "Username": "<token>"}))
    assert _sent(IMAGE, environ)["password"] == SECRET
    assert _sent("ghcr.io/vendor/web", environ) == {"identitytoken": SECRET, "serveraddress": "ghcr.io"}
    asked = (tmp_path / "asked").read_text()
    assert (
        asked
        == f"{tmp_path}/docker-credential-all get registry.test:5000{tmp_path}/docker-credential-one get ghcr.io"
    )


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[" * 20_000, '{"auths": 5}', '{"auths": {"registry.test:5000": 5}}', '{"credsStore": 7}']
    + [f'{{"auths": {{"registry.test:5000": {{"auth": "{auth}"}}}}}}' for auth in ("!", "bm8tY29sb24=", "/w==")]
    + ['{"credsStore": "../../bin/sh"}', '{"credsStore": "missing"}', '{"credsStore": "bad"}']
    + ['{"credsStore": "none"}', '{"credHelpers": {"registry.test:5000": "list"}}'],
)
def test_settings_that_give_none(tmp_path: Path, text: str) -> None:
    """A broken file, an entry that is none, a helper that is missing, fails or prints what it should not."""
    environ = _settings(tmp_path)
    (tmp_path / "config.json").write_text(text)
    _helper(tmp_path, "bad", SECRET)
    _helper(tmp_path, "none", "credentials not found in native keychain", 1)
    _helper(tmp_path, "list", "[1]")
    assert registry_auth(IMAGE, environ) == ""
    assert registry_auth(IMAGE, {}) == ""


def test_a_helper_is_asked_once_for_a_plan(tmp_path: Path) -> None:
    """Twenty images of one registry are one question."""
    environ = _settings(tmp_path, credsStore="all")
    _helper(tmp_path, "all", json.dumps({"Username": "me", "Secret": SECRET}))
    kept = Credentials()
    headers = {kept.auth(f"registry.test:5000/vendor/{number}", environ) for number in range(20)}
    assert headers == {registry_auth(IMAGE, environ)}
    assert (tmp_path / "asked").read_text().count(" get ") == 2


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@dataclass
class _Engine:
    """An engine whose registry wants credentials, as far as digests go."""

    socket: Path
    paths: list[str] = field(default_factory=list)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[_Engine]:
    """Answers as Engine 26.1 does: 200 with a descriptor, or 401 where the header does not fit."""
    made = _Engine(tmp_path / "engine.sock")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.paths.append(self.path)
            try:
                given = json.loads(base64.urlsafe_b64decode(self.headers.get("X-Registry-Auth", "")))
            except ValueError:
                given = {}
            fits = isinstance(given, dict) and given.get("password") == SECRET
            said = {"Descriptor": {"digest": DIGEST}} if fits else {"message": "unauthorized"}
            self.send_response(200 if fits else 401)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def address_string(self) -> str:
            return "unix"

        def log_message(self, *_: object) -> None:
            return

    with _UnixServer(str(made.socket), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


def test_a_private_registry_tells_its_digest(engine: _Engine, tmp_path: Path) -> None:
    """With the operator's credentials; without, or with others, it is not known. The path holds no secret."""
    right = registry_auth(IMAGE, _settings(tmp_path / "right", auths={"registry.test:5000": {"auth": _auth()}}))
    wrong = registry_auth(
        IMAGE, _settings(tmp_path / "wrong", auths={"registry.test:5000": {"auth": _auth("me", "x")}})
    )
    assert engine_api.registry_digest(engine.socket, IMAGE, right) == DIGEST
    assert engine_api.registry_digest(engine.socket, IMAGE, wrong) == ""
    assert engine_api.registry_digest(engine.socket, IMAGE) == ""
    assert engine_api.offers(engine.socket, IMAGE, right) is True
    assert engine_api.offers(engine.socket, IMAGE) is None, "whoever is refused cannot tell that there is none"
    assert set(engine.paths) == {f"/distribution/{IMAGE}/json"}

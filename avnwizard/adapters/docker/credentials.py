"""The operator's own credentials for a registry, as `docker pull` finds them: Docker's config file or its helpers.

They reach the engine in the header of a request over its socket, and a helper over its stdin: no argument list, log
or error holds one. What is found is as docker/cli does it (cli/config/configfile and cli/config/credentials, 27.x).
"""

import base64
import binascii
import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avnwizard.adapters.process import run
from avnwizard.errors import HostError

_HUB = "https://index.docker.io/v1/"
"""The name under which Docker keeps the credentials of Docker Hub."""
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HELPER_S = 20.0
_FRESH_S = 60.0
_TOKEN_USER = "<token>"  # noqa: S105 - what a helper says in place of a name where the secret is an identity token
_LARGEST_BYTES = 1 << 20


def registry_of(reference: str) -> str:
    """The registry's host in a reference, as credentials are kept by; Docker Hub's own name where none is given."""
    first, slash, _ = reference.partition("/")
    if not slash or not (set(first) & {".", ":"} or first == "localhost"):
        return _HUB
    return _HUB if first in {"docker.io", "index.docker.io"} else first


class Credentials:
    """Asks for the credentials of a registry once in a while: a plan asks for the digests of some twenty images."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, str]] = {}

    def auth(self, reference: str, environ: Mapping[str, str]) -> str:
        """As `registry_auth`, at most a minute old."""
        registry, now = registry_of(reference), time.monotonic()
        if registry not in self._known or now - self._known[registry][0] > _FRESH_S:
            self._known[registry] = (now, registry_auth(reference, environ))
        return self._known[registry][1]


def registry_auth(reference: str, environ: Mapping[str, str]) -> str:
    """The value of the header `X-Registry-Auth` for an image's registry; "" where the operator has no credentials.

    Engine API, "Authentication": JSON in URL-safe base64. A helper that is missing or fails is as good as none: the
    registry is then asked without credentials, and refuses.
    """
    registry = registry_of(reference)
    settings = _settings(environ)
    helper = _table(settings, "credHelpers").get(registry) or settings.get("credsStore")
    found = _by_helper(helper, registry, environ) if helper else _in_file(_table(settings, "auths"), registry)
    if not found:
        return ""
    return base64.urlsafe_b64encode(json.dumps({**found, "serveraddress": registry}).encode()).decode()


def _settings(environ: Mapping[str, str]) -> dict[str, Any]:
    folder = Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME", "/nonexistent")) / ".docker")
    try:
        with (folder / "config.json").open("rb") as file:
            found = json.loads(file.read(_LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}  # the docker CLI itself complains of such a file
    return found if isinstance(found, dict) else {}


def _table(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = settings.get(name)
    return found if isinstance(found, dict) else {}


def _in_file(auths: Mapping[str, Any], registry: str) -> dict[str, str]:
    """An entry by the registry's name; some old ones are written as an address ("https://host/v1/")."""
    named = [entry for name, entry in auths.items() if name == registry]
    named += [entry for name, entry in auths.items() if _host(name) == _host(registry)]
    entry = next((one for one in named if isinstance(one, dict)), {})
    if token := entry.get("identitytoken"):
        return {"identitytoken": str(token)}
    try:
        both = base64.b64decode(str(entry.get("auth") or ""), validate=True).decode()
    except (binascii.Error, ValueError):
        return {}
    name, colon, password = both.partition(":")
    return {"username": name, "password": password.rstrip("\0")} if colon else {}


def _host(name: str) -> str:
    return name.removeprefix("https://").removeprefix("http://").partition("/")[0]


def _by_helper(helper: object, registry: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Ask `docker-credential-HELPER get` (docker/docker-credential-helpers, README "Development")."""
    if not isinstance(helper, str) or not _HELPER.fullmatch(helper):
        return {}
    argv = (f"docker-credential-{helper}", "get")
    try:
        done = run(argv, timeout_s=_HELPER_S, env=environ, input=registry.encode(), check=False, limit_bytes=1 << 20)
        found = json.loads(done.stdout) if done.code == 0 else {}
    except (HostError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or not found.get("Secret"):
        return {}
    name, secret = str(found.get("Username") or ""), str(found["Secret"])
    return {"identitytoken": secret} if name == _TOKEN_USER else {"username": name, "password": secret}

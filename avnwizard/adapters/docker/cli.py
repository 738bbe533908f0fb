"""The docker CLI: run with a time-out, its complaints turned into errors with a hint."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from avnwizard.adapters.docker.reach import HERE, Reach, elsewhere
from avnwizard.adapters.process import Completed, run, stream
from avnwizard.adapters.process_errors import fail
from avnwizard.errors import HostError

READ_S = 60.0
COMPOSE_HINT = "Install the Compose plugin (package docker-compose-plugin), 2.30 or newer."
_START = "Start Docker (`systemctl start docker`), or check DOCKER_HOST."
_HINTS = (
    ("permission denied while trying to connect", "Add this user to the group docker and log in again, or use sudo."),
    ("cannot connect to the docker daemon", _START),
    ("failed to connect to the docker api", _START),
    ("error during connect", "Check DOCKER_HOST and `docker context ls`."),
    ("no space left on device", "Make room on Docker's file system (`docker system df`), then resume."),
    (
        "context not found",
        "`docker context ls` lists them; make it: docker context create NAME --docker host=ssh://USER@HOST",
    ),
    ("unknown command: docker compose", COMPOSE_HINT),
    ("'compose' is not a docker command", COMPOSE_HINT),
    ("unknown shorthand flag: 'p'", COMPOSE_HINT),
    ("pull access denied", "Check the image's name, or log in to its registry: `docker login`."),
    ("manifest unknown", "The registry has no such tag: compare the compose file with the release."),
    ("toomanyrequests", "The registry limits pulls: `docker login` raises the limit; or wait, then resume."),
    ("port is already allocated", "Something else on this host listens on that port: `ss -ltnp`."),
)
INSTALL = "Install Docker Engine: https://docs.docker.com/engine/install/"
_WHERE = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "HOME", "PATH")
"""The environment that decides which CLI is asked, and which engine it speaks to."""
_ENDPOINTS: dict[tuple[str, ...], str] = {}
"""By the environment and the CLI's settings: several parts of one process ask."""
_GONE = ("no such container", "no such object", "no such image", "is already in progress")


class DockerCli:
    """Runs docker.

    Args:
        environ: the environment to run it in; None is this process's, as it is at each call.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = environ

    @property
    def environ(self) -> dict[str, str]:
        """What docker would inherit."""
        return dict(os.environ if self._environ is None else self._environ)

    @cached_property
    def engine_socket(self) -> Path | None:
        """The Unix socket of the engine that the CLI speaks to; None when the engine is elsewhere. Asked once."""
        endpoint = self._endpoint()
        return Path(endpoint.removeprefix("unix://")) if endpoint.startswith("unix://") else None

    @cached_property
    def reach(self) -> Reach:
        """Which addresses of the engine's containers mean them here, too."""
        return HERE if self.engine_socket else elsewhere(self._endpoint())

    def _endpoint(self) -> str:
        """As a URL; "" where the CLI does not tell."""
        environ = self.environ
        where = (*(environ.get(name, "") for name in _WHERE), _settings_of(environ))
        if where not in _ENDPOINTS:
            done = self.try_(("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"))
            if done.code != 0:
                return ""  # the next one asks again
            _ENDPOINTS[where] = done.text.strip()
        return _ENDPOINTS[where]

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float = READ_S,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> Completed:
        """A docker command, fed with `stdin`; `HostError` when it fails."""
        done = self.try_(argv, timeout_s=timeout_s, env=env, stdin=stdin)
        if done.code != 0:
            fail(done.argv, done.code, done.complaint, hint_for(done.complaint))
        return done

    def try_(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float = READ_S,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> Completed:
        """A docker command, its failure left to the caller."""
        environ = self.environ if env is None else env
        return run(argv, timeout_s=timeout_s, env=environ, input=stdin, check=False, hint=INSTALL)

    def unless_gone(self, argv: Sequence[str], *, timeout_s: float = READ_S) -> None:
        """A docker command on something that may be gone already, which is fine."""
        done = self.try_(argv, timeout_s=timeout_s)
        if done.code != 0 and not is_gone(done):
            fail(done.argv, done.code, done.complaint, hint_for(done.complaint))

    def stream(self, argv: Sequence[str], on_line: Callable[[str], None], *, timeout_s: float) -> None:
        """A docker command whose lines are reported as they come."""
        try:
            stream(argv, on_line, timeout_s=timeout_s, env=self.environ, hint=INSTALL)
        except HostError as error:
            raise HostError(error.message, hint_for(error.message) or error.hint) from error

    def json(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Any:
        """The JSON that a docker command prints."""
        done = self.run(argv, env=env)
        try:
            return json.loads(done.stdout)
        except (ValueError, RecursionError):
            message = f"`{' '.join(argv[:3])}` printed no JSON."
            raise HostError(message, "Is this Docker's own CLI, not a stand-in for it?") from None


def _settings_of(environ: Mapping[str, str]) -> str:
    """What changes when the CLI's settings do, as by `docker context use`."""
    folder = Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME", "/nonexistent")) / ".docker")
    try:
        found = (folder / "config.json").stat()
    except OSError:
        return ""
    return f"{found.st_ino} {found.st_mtime_ns} {found.st_size}"


def is_gone(done: Completed) -> bool:
    """Whether a command failed only because what it names, or a part of that, is not there (any more)."""
    lines = done.complaint.lower().splitlines()
    gone = [line for line in lines if any(words in line for words in _GONE)]
    return done.code != 0 and bool(gone) and not any(line.startswith("error") for line in lines if line not in gone)


def hint_for(complaint: str) -> str:
    """What the operator can do about one of Docker's usual complaints."""
    said = complaint.lower()
    return next((hint for words, hint in _HINTS if words in said), "")

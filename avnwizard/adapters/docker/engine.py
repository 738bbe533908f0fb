"""The Docker Engine and its Compose plugin: are they there, may this user use them, are they new enough."""

import re
from pathlib import Path

from avnwizard.adapters.docker import engine_api
from avnwizard.adapters.docker.cli import COMPOSE_HINT, DockerCli, hint_for
from avnwizard.adapters.docker.plugin import by_plugin
from avnwizard.adapters.files import LocalFiles
from avnwizard.adapters.process_errors import printable
from avnwizard.domain.commands import Argv
from avnwizard.domain.host import EngineFacts
from avnwizard.domain.secret import redact_urls
from avnwizard.errors import HostError

COMPOSE_MINIMUM = (2, 20)
"""Below it, what Compose prints cannot be read; `check` asks for more."""
_VERSIONS: dict[str, str] = {}
"""By the plugin's program, as it is: several parts of one process ask."""


def find_engine(cli: DockerCli | None = None) -> EngineFacts:
    """The engine's facts; `HostError` with a hint when there is no CLI, no daemon, no permission or no Compose."""
    cli = cli or DockerCli()
    facts = (cli.engine_socket and engine_api.info(cli.engine_socket)) or cli.json(
        ("docker", "info", "--format", "{{json .}}")
    )
    errors = facts.get("ServerErrors") or []
    if errors or not facts.get("ServerVersion"):
        said = redact_urls(printable(" ".join(str(error) for error in errors))) or "docker info reports no version."
        raise HostError(f"The Docker Engine does not answer: {said}", hint_for(said))
    root = str(facts.get("DockerRootDir") or "")
    return EngineFacts(
        version=str(facts["ServerVersion"]),
        compose_version=_compose_version(cli),
        root_dir=root,
        free_bytes=_free_bytes(root) if cli.engine_socket else None,
        min_api=_min_api(cli),
        elsewhere=cli.engine_socket is None,
        rootless=any("rootless" in str(one) for one in facts.get("SecurityOptions") or ()),
    )


def require_engine(cli: DockerCli | None = None) -> None:
    """`HostError` with a hint when there is no CLI, no daemon or no permission; starts no plugin, as `info` does."""
    cli = cli or DockerCli()
    engine_socket = cli.engine_socket
    if not (engine_socket and engine_api.answers(engine_socket)):
        cli.run(("docker", "version", "--format", "{{.Server.Version}}"))


def _min_api(cli: DockerCli) -> str:
    """The oldest API that the engine takes; "" where it does not tell."""
    if cli.engine_socket:
        return str(engine_api.asked(cli.engine_socket, "/version", engine_api.TIMEOUT_S).get("MinAPIVersion") or "")
    done = cli.try_(("docker", "version", "--format", "{{.Server.MinAPIVersion}}"))
    return done.text.strip() if done.code == 0 else ""


def _compose_version(cli: DockerCli) -> str:
    argv = by_plugin(("docker", "compose", "version", "--short"), cli.environ)
    program = _program(argv[0])
    if program not in _VERSIONS:
        found = _asked_version(cli, argv)
        if not program:
            return found
        _VERSIONS[program] = found
    return _VERSIONS[program]


def _program(path: str) -> str:
    """A program as it is now; "" where the CLI finds it, maybe another one the next time."""
    try:
        found = Path(path).stat() if Path(path).is_absolute() else None
    except OSError:
        return ""
    return f"{path} {found.st_ino} {found.st_mtime_ns} {found.st_size}" if found else ""


def _asked_version(cli: DockerCli, argv: Argv) -> str:
    done = cli.try_(argv)
    found = re.match(r"v?(\d+)\.(\d+)\S*", done.text.strip())
    if done.code != 0 or not found:
        raise HostError("The docker CLI has no Compose plugin.", hint_for(done.complaint) or COMPOSE_HINT)
    if (int(found[1]), int(found[2])) < COMPOSE_MINIMUM:
        raise HostError(f"Docker Compose {found[0]} is too old; avnwizard needs 2.30 or newer.", COMPOSE_HINT)
    return found[0].removeprefix("v")


def _free_bytes(root: str) -> int | None:
    try:
        return LocalFiles().free_bytes(Path(root)) if root and Path(root).is_dir() else None
    except (HostError, PermissionError):
        return None

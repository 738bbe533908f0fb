"""Asking Compose which containers it would replace: the one reader of its dry run."""

from collections.abc import Mapping, Sequence

from avnwizard.adapters.docker.cli import DockerCli, hint_for
from avnwizard.adapters.process_errors import fail, printable
from avnwizard.domain.commands import Argv
from avnwizard.domain.dry_run import words_of, would_go
from avnwizard.domain.host import Container
from avnwizard.errors import HostError

_LIMIT_S = 120.0


def outdated(cli: DockerCli, argv: Argv, containers: Sequence[Container], env: Mapping[str, str]) -> frozenset[str]:
    """The ids of those containers that the dry run of an `up` replaces.

    The exit status does not count where Compose has said what it would do: a dry run that goes on to fill a container
    that was never made fails (2.40.3, with an inline config).

    Args:
        argv: a `docker compose up --dry-run` of the services that the containers are of.

    Raises:
        HostError: Compose fails, or says nothing of a container that runs.
    """
    if not containers:
        return frozenset()
    done = cli.try_(argv, timeout_s=_LIMIT_S, env=env)
    words = words_of((done.stderr + b"\n" + done.stdout).decode("utf-8", "replace"))
    silent = [one.name for one in containers if one.state == "running" and one.name not in words]
    if silent and done.code != 0:
        fail(done.argv, done.code, done.complaint, hint_for(done.complaint))
    if silent:
        raise HostError(
            f"Compose does not say what `docker compose up` would do with {printable(silent[0])}.",
            "Look at: docker compose up -d --dry-run",
        )
    return frozenset(one.id for one in containers if would_go(words.get(one.name, frozenset())))

"""Asking Compose which containers it would replace: the one reader of its dry run."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from avnwizard.adapters.docker.cli import DockerCli, hint_for
from avnwizard.adapters.process_errors import fail, printable
from avnwizard.domain.commands import Argv
from avnwizard.domain.dry_run import words_of, would_go
from avnwizard.domain.host import ComposeModel, Container
from avnwizard.errors import HostError

_LIMIT_S = 120.0
_AT_ONCE = 3
"""Dry runs at the same time: each is a process of some 50 MB."""


def counts_of(containers: Sequence[Container], resolve: Callable[[], ComposeModel]) -> dict[str, int]:
    """How many containers each service is to keep: all, or one where a `container_name` allows no more.

    Of those Compose then keeps one that is current, and would remove the others (seen with 2.40.3).
    """
    counts = dict(Counter(one.service for one in containers))
    if any(count > 1 for count in counts.values()):
        services = resolve().services
        named = [name for name in counts if name in services and services[name].container_name]
        counts |= dict.fromkeys(named, 1)
    return counts


def outdated(
    cli: DockerCli, asked: Mapping[Sequence[str], Argv], containers: Sequence[Container], env: Mapping[str, str]
) -> frozenset[str]:
    """The ids of those containers that the dry run of an `up` replaces; a few are under way at the same time.

    The exit status does not count where Compose has said what it would do: a dry run that goes on to fill a container
    that was never made fails (2.40.3, with an inline config).

    Args:
        asked: some services -> the `docker compose up --dry-run` of these.

    Raises:
        HostError: Compose fails, or says nothing of a container that runs.
    """

    def ask(services: Sequence[str]) -> frozenset[str]:
        ours = [one for one in containers if one.service in services]
        return _replaced(cli, asked[services], ours, env) if ours else frozenset()

    with ThreadPoolExecutor(min(max(len(asked), 1), _AT_ONCE), thread_name_prefix="dry-run") as pool:
        return frozenset[str]().union(*pool.map(ask, asked))


def _replaced(cli: DockerCli, argv: Argv, containers: Sequence[Container], env: Mapping[str, str]) -> frozenset[str]:
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

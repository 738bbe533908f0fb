"""The commands that change the stack: for each the argv that a plan shows, and the call that comes to exactly that.

What a run does dozens of times, and waits for, is asked of the engine itself where its socket is here: to stop and
remove containers, to tag and pull images, to start directors. The docker CLI asks the engine for the same.

`tests/adapters/test_changes.py` holds the two against each other with a docker that records what it is called with.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from avnwizard.adapters.docker import ending_api, making_api
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.registry import Registry
from avnwizard.adapters.docker.whales import Whales
from avnwizard.domain import commands
from avnwizard.domain.host import ComposeProject

_STOP_MARGIN_S = 60.0
_RUN_S = 60.0
_OF_THE_CLI = ("DOCKER_DEFAULT_PLATFORM", "DOCKER_CONTENT_TRUST")
"""Where one of these is set, the CLI pulls otherwise than the engine would by itself."""


class Changes:
    """Changes containers and images.

    Args:
        cli: whose environment the commands run in.
        project: for Compose's commands.
    """

    def __init__(self, cli: DockerCli, project: ComposeProject | None = None) -> None:
        self._cli, self._whales, self._registry = cli, Whales(cli, project), Registry(cli)

    def up(
        self,
        project: ComposeProject,
        service: str,
        *,
        scale: int | None,
        recreate: bool,
        force: bool,
        grace_s: float | None,
        timeout_s: float,
        env: Mapping[str, str],
    ) -> None:
        """Start one service from images that are here, and nothing that it depends on.

        Args:
            env: the environment for Compose.
        """
        self._whales.run(
            commands.compose_up(project, service, scale=scale, recreate=recreate, force=force, grace_s=grace_s),
            lambda docker: docker.compose.up(
                list(commands.up_words(service, grace_s)),
                detach=True,
                scales={} if scale is None else {service: scale},
                force_recreate=force,
                recreate=recreate,
                dependencies=False,
                pull="never",
                quiet=True,  # it is not silenced, but kept for the error
            ),
            timeout_s=timeout_s,
            env=env,
        )

    def up_together(
        self,
        project: ComposeProject,
        services: Sequence[str],
        scales: Mapping[str, int] | None = None,
        *,
        timeout_s: float,
        env: Mapping[str, str],
    ) -> None:
        """Start several services from images that are here, and nothing that they depend on."""
        self._whales.run(
            commands.compose_up_together(project, services, scales),
            lambda docker: docker.compose.up(
                list(services),
                detach=True,
                scales=dict(scales or {}),
                recreate=not scales,
                dependencies=False,
                pull="never",
                quiet=True,
            ),
            timeout_s=timeout_s,
            env=env,
        )

    def pull(self, reference: str, progress: Callable[[str], None], *, timeout_s: float) -> None:
        """Pull an image, showing Docker's lines."""
        if (engine := self._cli.engine_socket) and not any(self._cli.environ.get(name) for name in _OF_THE_CLI):
            auth = self._registry.credentials(reference)
            if auth is not None and making_api.pull(engine, reference, auth, progress, limit_s=timeout_s):
                return
        self._whales.stream(
            commands.docker_pull(reference),
            lambda docker: cast("Iterable[tuple[str, bytes]]", docker.image.pull(reference, stream_logs=True)),
            progress,
            timeout_s=timeout_s,
        )

    def tag(self, image_id: str, name: str) -> None:
        """Point a tag at an image that is here."""
        if (engine := self._cli.engine_socket) and making_api.tag(engine, image_id, name):
            return
        self._whales.run(commands.docker_tag(image_id, name), lambda docker: docker.image.tag(image_id, name))

    def untag(self, name: str) -> None:
        """Remove a tag; no error when there is none."""
        if (engine := self._cli.engine_socket) and ending_api.untag(engine, name):
            return
        argv = commands.docker_untag(name)
        self._whales.unless_gone(argv, lambda docker: docker.image.remove(name, prune=False))

    def stop(self, container_ids: Sequence[str], *, grace_s: float) -> None:
        """Stop, all at the same time; no error when one is gone."""
        limit_s, left = grace_s + _STOP_MARGIN_S, list(container_ids)
        if engine := self._cli.engine_socket:
            left = ending_api.stop(engine, left, grace=commands.stop_words((), grace_s)[-1], limit_s=limit_s)
        if left:
            self._whales.unless_gone(
                commands.docker_stop(left, grace_s),
                lambda docker: docker.container.stop(list(commands.stop_words(left, grace_s))),
                timeout_s=limit_s,
            )

    def start(self, container_id: str) -> None:
        """Start a stopped container as it is."""
        self._whales.run(commands.docker_start(container_id), lambda docker: docker.container.start(container_id))

    def remove(self, container_id: str) -> None:
        """Remove a stopped container; no error when it is gone."""
        if (engine := self._cli.engine_socket) and ending_api.remove(engine, container_id):
            return
        argv = commands.docker_remove(container_id)
        self._whales.unless_gone(argv, lambda docker: docker.container.remove(container_id))

    def rename(self, container_id: str, name: str) -> None:
        """Give a container another name."""
        argv = commands.docker_rename(container_id, name)
        self._whales.run(argv, lambda docker: docker.container.rename(container_id, name))

    def run_director(self, image: str, name: str, labels: bytes) -> None:
        """Start a director.

        Args:
            labels: lines KEY=VALUE.
        """
        first, *words = commands.director_words(image)
        engine = self._cli.engine_socket
        if engine and making_api.run_director(engine, image, words[1:], name, _pairs(labels)):
            return
        self._whales.run(
            commands.docker_director(image, name),
            lambda docker: deque(
                docker.container.run(
                    first,
                    words,
                    cap_drop=["ALL"],
                    envs={"GOMAXPROCS": "1"},
                    healthcheck=False,
                    label_files=["/dev/stdin"],
                    log_driver="none",
                    name=name,
                    networks=["none"],
                    pull="never",
                    read_only=True,
                    restart="no",
                    security_options=["no-new-privileges"],
                    stream=True,  # else its complaints go to this process's own stderr
                ),
                maxlen=0,
            ),
            timeout_s=_RUN_S,
            stdin=labels,
        )

    def remove_helper(self, container_id: str) -> None:
        """Remove one of avnwizard's own helpers at once; no error when it is gone."""
        if (engine := self._cli.engine_socket) and ending_api.remove(engine, container_id, force=True):
            return
        argv = commands.docker_remove_helper(container_id)
        self._whales.unless_gone(argv, lambda docker: docker.container.remove(container_id, force=True))


def _pairs(labels: bytes) -> dict[str, str]:
    """As the CLI reads a file of labels."""
    found = (line.partition("=") for line in labels.decode().split("\n") if line)
    return {key: value for key, _, value in found}

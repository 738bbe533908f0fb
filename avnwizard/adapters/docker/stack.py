"""The port `Stack`: one Compose project on a Docker Engine."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from avnwizard.adapters.docker import building, copying, engine_api
from avnwizard.adapters.docker.at_hand import at_hand
from avnwizard.adapters.docker.changes import Changes
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.discovery import origins_of
from avnwizard.adapters.docker.engine import find_engine
from avnwizard.adapters.docker.environment import compose_environment, shadowed, without_secrets
from avnwizard.adapters.docker.image_archive import DockerImageArchive
from avnwizard.adapters.docker.image_files import image_file
from avnwizard.adapters.docker.inspect import (
    LABEL,
    container_from,
    image_from,
    images_here,
    inspected_images,
    labelled,
)
from avnwizard.adapters.docker.logs import last_lines
from avnwizard.adapters.docker.naming import DockerNaming
from avnwizard.adapters.docker.one_offs import DockerOneOffs
from avnwizard.adapters.docker.outdated import counts_of, outdated
from avnwizard.adapters.docker.plugin import by_plugin
from avnwizard.adapters.docker.registry import Registry
from avnwizard.adapters.docker.resolved import Kept, made_from
from avnwizard.adapters.docker.room import room_of
from avnwizard.adapters.docker.standing import standing
from avnwizard.adapters.docker.volumes import DockerVolumes
from avnwizard.adapters.memory_file import in_memory
from avnwizard.domain import commands, image_commands
from avnwizard.domain.compose.model import hashes_from_output, model_from_config, named_by_files
from avnwizard.domain.dry_run import asked_apart
from avnwizard.domain.host import ComposeModel, ComposeProject, Container, EngineFacts, Image
from avnwizard.domain.origin import Origin
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.domain.probing import Standing
from avnwizard.domain.room import Room
from avnwizard.errors import HostError
from avnwizard.ports import Progress

PULL_S = 3600.0
UP_S = 1800.0


class DockerStack:
    """A Compose project.

    Args:
        project: which one, from `find_project` or the operator's settings.
        otherwise: the same at another release, for where the checkout is at that one.
        environ: the environment in which docker runs; None is this process's.
        up_s: seconds until a `compose up` is ended; it includes the grace period of what it replaces.
        pull_s: seconds until a pull is ended.
    """

    def __init__(
        self,
        project: ComposeProject,
        *,
        otherwise: ComposeProject | None = None,
        environ: Mapping[str, str] | None = None,
        up_s: float = UP_S,
        pull_s: float = PULL_S,
    ) -> None:
        self._project, self._otherwise, self._cli = project, otherwise, DockerCli(environ)
        self._changes = Changes(self._cli, project)
        self._models, self._hashes = Kept[ComposeModel](), Kept[dict[str, str]]()
        self._up_s, self._pull_s = up_s, pull_s
        self._registry = Registry(self._cli)
        self.volumes, self.image_archive = DockerVolumes(self._cli), DockerImageArchive(self._cli)
        now = (self._cli, lambda: self.project)
        self.naming = DockerNaming(*now, self.resolve, self._composing, up_s=up_s)
        self.one_offs = DockerOneOffs(*now, self._composing, up_s=up_s)

    @property
    def project(self) -> ComposeProject:
        """Which project, where, from which files, and whether its env file is there now."""
        return at_hand(self._project, self._otherwise)

    def engine(self) -> EngineFacts:
        """The engine, or `HostError` when it does not answer."""
        return find_engine(self._cli)

    def containers(self, service: str = "") -> tuple[Container, ...]:
        """Every container of the project, or of one service, stopped ones too, by service and number."""
        labels = [f"{LABEL}project={self._project.name}", *([f"{LABEL}service={service}"] if service else [])]
        found = [container_from(raw) for raw in labelled(self._cli, *labels)]
        return tuple(sorted(found, key=lambda each: (each.service, each.number, each.created_at)))

    def standing(self) -> tuple[Standing, ...]:
        """The project's running containers but those of `compose run`; `HostError` when it is not known."""
        return standing(self._cli, self._project.name)

    def resolve(self, files: Sequence[Path] = (), env_file: Path | None = None) -> ComposeModel:
        """The model of the project's files, or of others with another env file."""
        hint = "The compose file and the env file do not fit together; the message names the place."
        with self._composing(env_file, hint) as env:
            argv = by_plugin(commands.compose_config(self.project, files=files, env_file=env_file), env)
            source = self._source(argv, env, files, env_file)
            return self._models.get(source, lambda: model_from_config(self._cli.json(argv, env=env)))

    def flattened(self, files: Sequence[Path], env_file: Path, directory: Path) -> bytes:
        """Compose files with all that they draw in, as one file in which every path is absolute."""
        with self._composing(env_file, "The message names the file.") as env:
            project = replace(self.project, directory=directory)
            argv = by_plugin(commands.compose_config(project, files=files, env_file=env_file), env)
            return json.dumps(self._cli.json(argv, env=env)).encode()

    def config_hashes(self) -> dict[str, str]:
        """Service -> the config hash that Compose prints for the project's files."""
        with self._composing(None, "") as env:
            argv = by_plugin(commands.compose_hashes(self.project), env)
            return self._hashes.get(
                self._source(argv, env), lambda: hashes_from_output(self._cli.run(argv, env=env).text)
            )

    def _source(
        self, argv: commands.Argv, env: Mapping[str, str], files: Sequence[Path] = (), env_file: Path | None = None
    ) -> Callable[[], bytes | None]:
        used = (files or self.project.files, env_file or self.project.env_in_use)
        return partial(made_from, argv[0], self._project, *used, env)

    def outdated(self, *services: str, files: Sequence[Path] = (), env_file: Path | None = None) -> frozenset[str]:
        """Ids of some services' containers that `up` would replace, as a dry run of Compose's says."""
        alone = services[0] if len(services) == 1 else ""
        there = [one for one in self.containers(alone) if one.service in services]
        return self._outdated(there, files=files, env_file=env_file)

    def replaced(self, services: Sequence[str], *, images: Mapping[str, str]) -> frozenset[str]:
        """Those of some services whose containers `up` would replace, were their images those, by a dry run too."""
        there = [one for one in self.containers() if one.service in services]
        told = named_by_files(self.resolve(), images) if images else images
        override = json.dumps({"services": {name: {"image": one} for name, one in told.items()}})
        with in_memory(override.encode()) as file:
            found = self._outdated(there, override=file if images else None)
        return frozenset(one.service for one in there if one.id in found)

    def _outdated(
        self,
        there: Sequence[Container],
        *,
        files: Sequence[Path] = (),
        env_file: Path | None = None,
        override: Path | None = None,
    ) -> frozenset[str]:
        there = [one for one in there if not one.one_off]
        counts = counts_of(there, lambda: self.resolve(files, env_file))
        groups = asked_apart(counts, self.resolve(files, env_file)) if len(counts) > 1 else (tuple(counts),)
        words = partial(commands.compose_dry_run, self.project, files=files, env_file=env_file, override=override)
        with self._composing(env_file, "`docker compose up -d --dry-run` shows more.") as env:
            argvs = [by_plugin(words({name: counts[name] for name in group}), env) for group in groups]
            return outdated(self._cli, dict(zip(groups, argvs, strict=True)), there, env)

    def origins(self) -> tuple[Origin, ...]:
        """From which files the project's containers were made, as their labels tell; the newest first."""
        return origins_of(self.containers(), self._project.directory.resolve())

    def shadowed(self) -> tuple[str, ...]:
        """Variables that both this shell and the project's env file define, by name."""
        return shadowed(self._cli.environ, self.project.env_in_use)

    def image(self, reference: str) -> Image | None:
        """An image that is here (by tag, digest or id), or None."""
        found = inspected_images(self._cli, [reference])
        return image_from(reference, found[0]) if found else None

    def images(self, references: Sequence[str]) -> dict[str, Image]:
        """Those of several images that are here, by reference: a tag, a digest or an id."""
        return images_here(self._cli, references)

    def os_release(self, image_id: str) -> str:
        """`/etc/os-release` of an image that is here; "" where it has none."""
        return image_file(self._cli, image_id, "/etc/os-release").decode("utf-8", "replace")

    def registry_digest(self, reference: str) -> str:
        """What the registry says the tag is now ("sha256:…"); "" where it cannot be asked."""
        return self._registry.digest(reference)

    def offers(self, reference: str) -> bool | None:
        """Whether the registry has an image; None where that is not known."""
        return self._registry.offers(reference)

    def pull(self, reference: str, progress: Callable[[str], None]) -> Image:
        """Pull, telling Docker's lines."""
        self._changes.pull(reference, progress, timeout_s=self._pull_s)
        return self._required(reference, "pulled")

    def _required(self, reference: str, how: str) -> Image:
        image = self.image(reference)
        if image is None:
            raise HostError(f"{reference} was {how} and is not here.", "Does something prune images on this host?")
        return image

    def build(self, service: str, progress: Callable[[str], None]) -> Image:
        """Build the image of one service from the checkout."""
        reference = self.resolve().services[service].image
        with self._composing(None, "Look at what the build said.") as env:
            building.build(image_commands.build(self.project, service), progress, timeout_s=self._pull_s, env=env)
        return self._required(reference, "built")

    def keep(self, image_id: str, name: str) -> None:
        """Tag an image so that `docker image prune` spares it; with `-a` it does not."""
        self._changes.tag(image_id, name)

    def release(self, name: str) -> None:
        """Remove a tag made by `keep` or `retag`; no error when there is none."""
        self._changes.untag(name)

    def retag(self, image_id: str, reference: str) -> None:
        """Make a tag point at an image that is here."""
        self._changes.tag(image_id, reference)

    def up(
        self,
        service: str,
        *,
        scale: int | None = None,
        recreate: bool = True,
        force: bool = False,
        grace_s: float | None = None,
    ) -> None:
        """Start or replace a service's containers; a `scale` below what is there is refused.

        Compose would remove the highest-numbered replicas: after a surge, the new ones.
        """
        if scale is not None:
            there = sum(1 for each in self.containers(service) if not each.one_off)
            if scale < there:
                message = f"{service} has {there} containers; scaling it down to {scale} could remove the new ones."
                raise HostError(message, "Remove the old ones by id first.")
        with self._composing(None, f"Look at `docker compose logs {service}`.") as env:
            Changes(self._cli, self.project).up(
                self.project, service, scale=scale, recreate=recreate, force=force, grace_s=grace_s,
                timeout_s=self._up_s, env=env,
            )  # fmt: skip

    def up_together(self, services: Sequence[str], scales: Mapping[str, int] | None = None) -> None:
        """Start several services by one command; with `scales`, new containers alongside those that there are."""
        with self._composing(None, "Look at `docker compose logs`.") as env:
            changes = Changes(self._cli, self.project)
            changes.up_together(self.project, services, scales, timeout_s=self._up_s, env=env)

    def stop(self, *container_ids: str, grace_s: float) -> None:
        """Stop, all at the same time, waiting `grace_s` before they are killed; no error when one is gone."""
        if container_ids:
            self._changes.stop(container_ids, grace_s=grace_s)

    def remove(self, container_id: str) -> None:
        """Remove a stopped container by id; no error when it is gone."""
        self._changes.remove(container_id)

    def mark(self, container_id: str, file: str, *, there: bool) -> None:
        """Make or remove an empty file in a running container; no error when the container is gone."""
        self._cli.unless_gone(commands.docker_mark(container_id, file, there=there))

    def start(self, container_id: str) -> None:
        """Start a stopped container as it is; no error when it runs."""
        self._changes.start(container_id)

    def archive(self, container_id: str, path: str, to: Path, progress: Progress) -> FileFacts:
        """A container's folder, running or not, as a tar in a new 0600 file, read whole again."""
        return copying.archive(self._cli, commands.docker_archive(container_id, path), to, progress)

    def unarchive(self, archive: Path, container_id: str, path: str, progress: Progress) -> None:
        """Unpack such a tar over a folder of a container; files that are only there stay."""
        copying.unarchive(self._cli, archive, commands.docker_unarchive(container_id, path), progress)

    def room(self, services: Sequence[str] = ()) -> Room:
        """What the engine's machine has for containers; nothing of an engine that is elsewhere."""
        found = (one for one in self.containers() if one.state == "running") if services else ()
        return room_of(self._cli.engine_socket, {one.id: one.service for one in found if one.service in services})

    def volume_sizes(self, volumes: Sequence[str]) -> dict[str, int]:
        """Bytes in some volumes, by the engine's name; one whose size cannot be seen is left out."""
        found = engine_api.volume_sizes(self._cli.engine_socket) if volumes and self._cli.engine_socket else {}
        return {name: found[name] for name in volumes if name in found}

    def logs(self, container_id: str, *, lines: int, since: float = 0.0) -> tuple[str, ...]:
        """The last lines of output, stdout and stderr together, as they are (hostile); () when it is gone."""
        return last_lines(self._cli, container_id, lines, since)

    @contextmanager
    def _composing(self, env_file: Path | None, hint: str) -> Iterator[dict[str, str]]:
        """The environment for Compose; its errors get a hint and lose the values of the env file's secrets."""
        used = env_file or self.project.env_in_use
        env = compose_environment(self._cli.environ, used)
        try:
            yield env
        except HostError as error:
            raise HostError(without_secrets(error.message, used), error.hint or hint) from None

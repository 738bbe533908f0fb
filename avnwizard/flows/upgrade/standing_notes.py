"""What a plan has to say of the stack as a whole: another project name, and routes that Traefik picks at random."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from avnwizard.domain.compose.document import read
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import ComposeModel, ComposeProject, Head
from avnwizard.domain.interpolation import InterpolationError, interpolate
from avnwizard.domain.origin import called_now
from avnwizard.domain.plain import printable
from avnwizard.domain.traefik.labels import read_labels
from avnwizard.domain.words import count
from avnwizard.flows.host import Host
from avnwizard.flows.stack.models import compose_paths
from avnwizard.flows.upgrade.inputs import Draft

_NAME = "COMPOSE_PROJECT_NAME"


def own_commits(head: Head) -> Iterator[str]:
    """Say what becomes of the operator's own commits on top of the current release."""
    if head.own:
        many, branch = head.own > 1, f"the branch {printable(head.branch)}" if head.branch else head.commit[:12]
        yield (
            f"{count(head.own, 'commit')} of your own on top of {printable(head.tag)} "
            f"{'are' if many else 'is'} carried over as local edits, not as commits; {branch} keeps "
            f"{'them' if many else 'it'}, and a rollback goes back there."
        )


def file_notes(host: Host, draft: Draft) -> Iterator[str]:
    """What becomes of compose files that the release drops or calls otherwise."""
    yield from _left_to_operator(host, draft)
    yield from _renamed(host, draft)


def _left_to_operator(host: Host, draft: Draft) -> Iterator[str]:
    """Name the edited compose files that the release no longer brings: they stay as files of the operator's own."""
    for path, content in sorted(draft.carried.items()):
        if content is not None and path in draft.compose and host.repo.read(draft.target.commit, path) is None:
            yield (
                f"{printable(draft.target.name)} no longer brings {printable(path)}: yours stays in use, as a file "
                "that git does not track."
            )


def coming_project(host: Host, draft: Draft, env: bytes) -> ComposeProject:
    """The project as it will be run: a release may call its compose files otherwise, or drop one."""
    project, top = host.stack.project, host.repo.directory.resolve()
    files = tuple(top / path for path in draft.compose)
    same = {file.resolve(): file for file in project.files}
    return replace(
        project, files=tuple(same.get(file, file) for file in files), env_absent=project.env_absent and not env
    )


def _renamed(host: Host, draft: Draft) -> Iterator[str]:
    """Name the compose files that the release calls otherwise, or no longer brings."""
    release = printable(draft.target.name)
    for path in compose_paths(host):
        if path in draft.compose:
            continue
        there = called_now(PurePosixPath(path), lambda one: str(one) in draft.compose)
        if there is None:
            yield f"{release} no longer brings {printable(path)}: what it sets ends with this upgrade."
            continue
        named = [name for name in host.config.stack.files if name == path]
        change = f' Write "{printable(str(there))}" into [stack] files of avnwizard.toml afterwards.' if named else ""
        yield f"{release} calls {printable(path)} {printable(str(there))}: the stack is run from that then.{change}"


def project_note(host: Host, files: Iterable[bytes], env: EnvFile, release: str) -> Iterator[str]:
    """Warn where a plain `docker compose up` would find another project in the release's files than runs.

    avnwizard names the project in every command, so its own run is right; the operator's next command would not be.

    Args:
        files: the release's compose files, in Compose's order.
        env: the operator's env file as it will be.
    """
    project = host.stack.project
    if env.literal(_NAME):
        return
    now = _named((host.files.read(file) for file in project.files), env, project.directory)
    then = _named(files, env, project.directory)
    if now == project.name and then != project.name:
        mine, theirs = printable(project.name, limit=80), printable(then, limit=80)
        yield (
            f"{printable(release)} names the project {theirs}, and this stack is {mine}: avnwizard keeps {mine}, but "
            f"a plain `docker compose up -d` would start a second, empty stack alongside it. Put {_NAME}={mine} into "
            f"{printable(str(project.env_file))}."
        )


def network_notes(model: ComposeModel) -> Iterator[str]:
    """Warn of routed services that are on several networks and do not say on which Traefik reaches them.

    Traefik v3's Docker provider then picks one of the networks at random, at each change.
    """
    if _says_network(model):
        return
    for name, service in sorted(model.services.items()):
        labels = read_labels(service.labels)
        if len(service.networks) > 1 and labels.is_routed() and not labels.network:
            networks = ", ".join(printable(one, limit=60) for one in sorted(service.networks))
            yield (
                f"{printable(name)} is on several networks ({networks}) and has no label traefik.docker.network: "
                "Traefik picks one at random after every change, and requests time out where it cannot reach it."
            )


def _named(files: Iterable[bytes], env: EnvFile, directory: Path) -> str:
    """The project's name as Compose takes it from the files, else from the directory."""
    name = ""
    for content in files:
        said = read(content.decode("utf-8", "replace")).get("name")
        if isinstance(said, str):
            try:
                name = interpolate(said, env.as_dict())
            except InterpolationError:
                name = said
    return name or re.sub(r"[^-_a-z0-9]", "", directory.name.lower()).lstrip("_-")


def _says_network(model: ComposeModel) -> bool:
    """Whether a service of the stack sets the provider's network, on its command line or in its environment."""
    parts = (model.raw.get("services") or {}).values()
    said = " ".join(f"{part.get('command')} {part.get('environment')}" for part in parts if part).lower()
    return "providers.docker.network" in said or "providers_docker_network" in said

"""From `docker inspect` to values: pure functions over its JSON (Engine 20.10 to 28)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from avnwizard.adapters.docker import engine_api
from avnwizard.adapters.docker.cli import DockerCli, hint_for, is_gone
from avnwizard.adapters.docker.holdings import files_from, mounts_from, published_from
from avnwizard.adapters.process_errors import fail
from avnwizard.domain.host import Container, ContainerState, Health, Image

LABEL = "com.docker.compose."
_ATTEMPTS = 5
_STATE: dict[object, ContainerState] = {word: word for word in get_args(ContainerState)}
_HEALTH: dict[object, Health] = {word: word for word in get_args(Health)}
_NUMBER = re.compile(r"[0-9]{1,9}")
"""A replica's number in its label: anyone can write a label."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def labelled(cli: DockerCli, *labels: str) -> list[dict[str, Any]]:
    """Every container with all of some labels ("KEY" or "KEY=VALUE"), stopped ones too, as `docker inspect` reports.

    An engine on this host is asked over its socket; else one process lists and one inspects. A container that goes in
    between is asked for no more.
    """
    engine_socket = cli.engine_socket
    if engine_socket and (raws := engine_api.containers(engine_socket, labels)) is not None:
        return raws
    filters = [word for label in labels for word in ("--filter", f"label={label}")]
    for _ in range(_ATTEMPTS):
        ids = cli.run(("docker", "ps", "-aq", "--no-trunc", *filters)).text.split()
        if not ids:
            return []
        done = cli.try_(("docker", "container", "inspect", *ids))
        if not is_gone(done):
            break
    if done.code != 0:
        fail(("docker", "container", "inspect"), done.code, done.complaint, hint_for(done.complaint))
    return parsed(done.stdout)


def inspected(cli: DockerCli, container: str) -> dict[str, Any] | None:
    """One container by id or name, as `docker inspect` reports; None when it is gone."""
    if raw := _over_socket(cli, container):
        return raw
    done = cli.try_(("docker", "container", "inspect", container))
    return None if done.code != 0 else parsed(done.stdout)[0]


def required(cli: DockerCli, container: str) -> dict[str, Any]:
    """The same; `HostError` when it is gone."""
    if raw := _over_socket(cli, container):
        return raw
    return parsed(cli.run(("docker", "container", "inspect", container)).stdout)[0]


def _over_socket(cli: DockerCli, container: str) -> dict[str, Any] | None:
    engine_socket = cli.engine_socket
    return engine_api.container(engine_socket, container) if engine_socket else None


def inspected_images(cli: DockerCli, references: Sequence[str]) -> list[dict[str, Any]]:
    """Those of several images that are here, by name or id, as `docker image inspect` reports."""
    engine_socket = cli.engine_socket
    if engine_socket and (raws := engine_api.images(engine_socket, references)) is not None:
        return raws
    done = cli.try_(("docker", "image", "inspect", *references))
    if done.code != 0 and not is_gone(done):
        fail(done.argv, done.code, done.complaint, hint_for(done.complaint))
    return parsed(done.stdout or b"[]")


def parsed(output: bytes) -> list[dict[str, Any]]:
    """The objects that `docker inspect` printed."""
    import json

    return [dict(each) for each in json.loads(output)]


def container_from(raw: Mapping[str, Any]) -> Container:
    """A container of a Compose project."""
    state, config = raw["State"], raw["Config"]
    labels = labels_of(config)
    status = state.get("Status")
    health = (state.get("Health") or {}).get("Status")
    return Container(
        id=raw["Id"],
        name=str(raw.get("Name", "")).removeprefix("/"),
        service=labels.get(f"{LABEL}service", ""),
        number=_number(labels.get(f"{LABEL}container-number")),
        image=config.get("Image", ""),
        image_id=raw.get("Image", ""),
        state=_STATE.get(status, "dead"),
        health=_HEALTH.get(health, "none"),
        exit_code=int(state.get("ExitCode") or 0),
        config_hash=labels.get(f"{LABEL}config-hash", ""),
        one_off=str(labels.get(f"{LABEL}oneoff", "")).lower() == "true",
        created_at=_moment(raw["Created"]),
        labels=dict(labels),
        started_at=_moment(state.get("StartedAt")),
        restarts=int(raw.get("RestartCount") or 0),
        lives_in=_lives_in(raw.get("HostConfig") or {}),
        mounts=mounts_from(raw),
        published=published_from(raw),
        made_from=files_from(labels.get(f"{LABEL}project.config_files", "")),
        made_in=labels.get(f"{LABEL}project.working_dir", ""),
        pgdata=_variables(config).get("PGDATA", ""),
    )


def labels_of(config: Mapping[str, Any]) -> dict[str, str]:
    """A container's labels, but those with a NUL: an image may bring one, and no path or argument can hold it."""
    return {str(name): str(value) for name, value in (config.get("Labels") or {}).items() if "\0" not in str(value)}


def image_from(reference: str, raw: Mapping[str, Any]) -> Image:
    """An image, with the digest under which the reference's own repository knows it."""
    config = raw.get("Config") or {}
    return Image(
        reference=reference,
        id=raw["Id"],
        digest=_digest(reference, raw.get("RepoDigests") or ()),
        size_bytes=int(raw.get("Size") or 0),
        environment=_variables(config),
        volumes=tuple(sorted(config.get("Volumes") or ())),
        sources=tuple(raw.get("RepoDigests") or ()),
    )


def _variables(config: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, _, value in (str(word).partition("=") for word in config.get("Env") or ())}


def repository(reference: str) -> str:
    """A reference without tag and digest, spelled out ("postgres:17" -> "docker.io/library/postgres")."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = f"{head}{slash}{last.partition(':')[0]}"
    first, slash, _ = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return name.removeprefix("index.") if first == "index.docker.io" else name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name}"


def spelled_out(reference: str) -> str:
    """A reference with everything that Docker would fill in; of a tag with a digest, the digest is what counts."""
    if reference.startswith("sha256:"):
        return reference
    name, at, digest = reference.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return f"{repository(name)}@{digest}" if at else f"{repository(name)}:{tag or 'latest'}"


def names_of(raw: Mapping[str, Any]) -> set[str]:
    """Everything that an image can be asked for by, spelled out."""
    names = (*(raw.get("RepoTags") or ()), *(raw.get("RepoDigests") or ()))
    return {str(raw["Id"]), *(spelled_out(str(name)) for name in names)}


def _digest(reference: str, known: Sequence[str]) -> str:
    """The digest that the reference names, else the one of its repository, else (an id was asked for) any."""
    digests = {repository(each): each.partition("@")[2] for each in reversed(known)}
    named = reference.partition("@")[2]
    if named and any(each.endswith(f"@{named}") for each in known):
        return named
    if reference.startswith("sha256:") or ("/" not in reference and _DIGEST.fullmatch(f"sha256:{reference}")):
        return next(iter(reversed(digests.values())), "")
    return digests.get(repository(reference), "")


def _lives_in(host_config: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids in "container:ID", which the engine writes whatever name it was given (26.1.5)."""
    modes = (str(host_config.get(key) or "") for key in ("NetworkMode", "PidMode", "IpcMode"))
    return tuple(dict.fromkeys(mode.removeprefix("container:") for mode in modes if mode.startswith("container:")))


def _moment(written: object) -> float:
    """A time of the engine's in seconds since the epoch; 0.0 for "0001-01-01T00:00:00Z", which stands for never."""
    return max(datetime.fromisoformat(written).timestamp(), 0.0) if isinstance(written, str) and written else 0.0


def _number(label: object) -> int:
    return int(label) if isinstance(label, str) and _NUMBER.fullmatch(label) else 1


def images_here(cli: DockerCli, references: Sequence[str]) -> dict[str, Image]:
    """Those of several images that are here, by reference: one question for all."""
    wanted = sorted(set(references))
    known = {name: raw for raw in (inspected_images(cli, wanted) if wanted else ()) for name in names_of(raw)}
    return {one: image_from(one, known[spelled_out(one)]) for one in wanted if spelled_out(one) in known}

"""From `docker compose config --format json` to the services that a plan reasons about."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from avnwizard.domain.compose.alone import owners, why_single
from avnwizard.domain.host import DEFAULT_GRACE_S, ComposeModel, Service

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_CHECK = "30s"
"""The interval and the timeout of a health check that names none (Compose's and Docker's default)."""
_RESTART = {"any": "always", "on-failure": "on-failure", "none": "no"}


def model_from_config(raw: dict[str, Any]) -> ComposeModel:
    """The model out of Compose's JSON.

    Compose writes every `$` of a value as `$$`, so that its output can be read again as a compose file
    (docker/compose v2, `config` without `--no-interpolate`). The services' values are what containers get, with a
    single `$`; `raw` is left as it came. Services that need no container are in `raw` alone.
    """
    services = raw.get("services") or {}
    project = str(raw.get("name") or "")
    wanted = {name: body or {} for name, body in services.items() if needs_container(body or {})}
    bodies = {name: {**body, "volumes": mounts_of(name, services)} for name, body in wanted.items()}
    found = {name: _service(project, name, body) for name, body in bodies.items()}
    lives_in = owners(services, project)
    return ComposeModel(
        services={name: replace(one, owners=lives_in[name]) for name, one in found.items()},
        raw=raw,
    )


def needs_container(body: Mapping[str, Any]) -> bool:
    """Whether Compose starts one for the service: not where it is switched off (`replicas: 0`) or by `provider:`."""
    return not body.get("provider") and _replicas(body, body.get("deploy") or {}) > 0


def mounts_of(name: str, services: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A service's mounts in Compose's long form, with those that it takes from other services by `volumes_from`.

    Its own win over a taken one at the same path. A container of another project that is named there
    ("container:NAME") is left out: the model does not say what it has.
    """
    found: dict[str, Mapping[str, Any]] = {}
    left, seen = [(name, False)], set[str]()
    while left:
        service, read_only = left.pop(0)
        if service in seen:
            continue
        seen.add(service)
        body = services.get(service) or {}
        for mount in body.get("volumes") or ():
            found.setdefault(str(mount.get("target")), {**mount, "read_only": True} if read_only else mount)
        for word in map(str, body.get("volumes_from") or ()):
            if not word.startswith("container:"):
                source, _, mode = word.partition(":")
                left.append((source, read_only or mode == "ro"))
    return list(found.values())


def hashes_from_output(text: str) -> dict[str, str]:
    """The lines "SERVICE HASH" of `docker compose config --hash '*'`."""
    pairs = (line.split() for line in text.splitlines())
    return {words[0]: words[1] for words in pairs if len(words) == 2}  # noqa: PLR2004  # a pair is two


def seconds(duration: object) -> float:
    """A duration as Compose prints it ("1m30s") in seconds; a bare number is nanoseconds, as Go marshals it."""
    if isinstance(duration, int | float):
        return float(duration) * 1e-9
    return sum(float(amount) * _SECONDS[unit] for amount, unit in _DURATION.findall(str(duration or "")))


def named_by_files(model: ComposeModel, images: Mapping[str, str]) -> dict[str, str]:
    """Those of some services' images that compose files can name and leave a service what it is.

    A service that is built and names no image gets one that Compose makes up. Where a file names that very image, the
    service has another config hash (2.40.3).
    """
    bodies = model.raw.get("services") or {}
    return {
        name: image
        for name, image in images.items()
        if (bodies.get(name) or {}).get("image") or name not in model.services or model.services[name].image != image
    }


def _service(project: str, name: str, body: Mapping[str, Any]) -> Service:
    deploy = body.get("deploy") or {}
    health = body.get("healthcheck") or {}
    has_health = bool(health) and not health.get("disable") and (health.get("test") or [""])[0] != "NONE"
    grace = body.get("stop_grace_period")
    return Service(
        name=name,
        image=_plain(body.get("image") or f"{project}-{name}"),
        depends_on=_conditions(body.get("depends_on") or {}),
        container_name=_plain(body.get("container_name") or ""),
        published=_published(body.get("ports") or ()),
        has_healthcheck=has_health,
        health_test=tuple(_plain(word) for word in _words(health.get("test"))) if has_health else (),
        start_period_s=seconds(health.get("start_period")) if has_health else 0.0,
        check_s=sum(seconds(health.get(key) or _CHECK) for key in ("interval", "timeout")) if has_health else 0.0,
        volumes=tuple(_mount(mount) for mount in body.get("volumes") or ()),
        networks=tuple(body.get("networks") or ()),
        labels={key: _plain(value) for key, value in _labels(body.get("labels") or {}).items()},
        restart=str(
            body.get("restart") or _RESTART.get(str((deploy.get("restart_policy") or {}).get("condition")), "")
        ),
        replicas=_replicas(body, deploy),
        stop_grace_s=DEFAULT_GRACE_S if grace is None else seconds(grace),
        single=why_single(body),
    )


def _words(test: object) -> list[object]:
    return list(test) if isinstance(test, list | tuple) else [test] if test else []


def _plain(value: object) -> str:
    return "" if value is None else str(value).replace("$$", "$")


def _labels(labels: Mapping[str, Any] | list[str]) -> Mapping[str, Any]:
    if isinstance(labels, Mapping):
        return labels
    return dict(label.partition("=")[::2] for label in labels)


def _conditions(depends_on: Mapping[str, Any] | list[str]) -> dict[str, str]:
    if isinstance(depends_on, Mapping):
        return {name: (how or {}).get("condition") or "service_started" for name, how in depends_on.items()}
    return dict.fromkeys(depends_on, "service_started")


def _published(ports: object) -> tuple[str, ...]:
    """The fixed host ports: "80", "127.0.0.1:80", "53/udp"; ports that Docker chooses are none."""
    found = []
    for port in ports if isinstance(ports, list | tuple) else ():
        published = str(port.get("published") or "")
        if published in {"", "0"}:
            continue
        where = f"{port['host_ip']}:{published}" if port.get("host_ip") else published
        protocol = port.get("protocol") or "tcp"
        found.append(where if protocol == "tcp" else f"{where}/{protocol}")
    return tuple(found)


def _mount(mount: Mapping[str, Any]) -> str:
    """The short syntax: "SOURCE:TARGET[:ro]", or "TARGET" alone for an anonymous volume or a tmpfs."""
    source, target = _plain(mount.get("source")), _plain(mount.get("target"))
    short = f"{source}:{target}" if source else target
    return f"{short}:ro" if mount.get("read_only") else short


def _replicas(body: Mapping[str, Any], deploy: Mapping[str, Any]) -> int:
    for count in (body.get("scale"), deploy.get("replicas")):
        if count is not None:
            return int(count)
    return 1

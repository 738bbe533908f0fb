"""A compose file resolved into what `docker compose config --format json` prints (Compose 2.26)."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from avnwizard.domain.compose.document import read
from avnwizard.domain.compose.errors import ComposeError
from avnwizard.domain.interpolation import InterpolationError, interpolate
from avnwizard.practice.compose import longform

Model = dict[str, Any]


def load(text: str, env: Mapping[str, str], *, project: str = "", folder: str = "") -> Model:
    """Resolve one compose file.

    Good enough for the practice host; a real host's model comes from Compose. It covers interpolation and
    the long forms of what this project compares; no `extends`, `include` or several files.

    Args:
        text: the compose file.
        env: the variables; an unset one is empty, as with Compose.
        project: the project's name, which volumes and networks carry; the file's own `name` comes first.
        folder: the project's folder, for bind mounts that are relative.

    Raises:
        ComposeError: the file cannot be read.
        InterpolationError: a required variable has no value.
    """
    try:
        return _resolved(_filled(read(text), env, ()), env, project, folder)
    except (TypeError, ValueError, AttributeError):
        raise ComposeError(
            "compose file: a part of it has another form than Compose knows", "Ask `docker compose config`."
        ) from None


def _resolved(document: Model, env: Mapping[str, str], project: str, folder: str) -> Model:
    name = str(document.get("name") or env.get("COMPOSE_PROJECT_NAME") or project)
    services = document.get("services") or {}
    if not isinstance(services, dict) or not all(isinstance(s, dict) for s in services.values()):
        raise ComposeError("compose file: `services` is not a mapping of services", "Give a compose file.")
    model: Model = {"name": name} if name else {}
    model["services"] = {key: _service(service, PurePosixPath(folder)) for key, service in services.items()}
    used = any("default" in service.get("networks", {}) for service in model["services"].values())
    networks = {**({"default": None} if used else {}), **(document.get("networks") or {})}
    for part, entries in (("networks", networks), ("volumes", document.get("volumes") or {})):
        if entries:
            model[part] = {key: _named(key, entry, name) for key, entry in entries.items()}
    for network in model.get("networks", {}).values():
        network.setdefault("ipam", {})
    known = {"services", "networks", "volumes", "name", "version"}
    model.update({key: value for key, value in document.items() if key not in known})
    return {key: _escaped(part) for key, part in model.items()}


def _filled(value: Any, env: Mapping[str, str], path: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        try:
            return interpolate(value, env) if "$" in value else value
        except InterpolationError as wrong:
            raise InterpolationError(f"compose file, {'.'.join(path)}: {wrong.message}", wrong.hint) from None
    if isinstance(value, dict):
        return {key: _filled(part, env, (*path, str(key))) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, env, path) for part in value]
    return value


def _escaped(value: Any) -> Any:
    """Double every dollar, as Compose prints them so that its output can be read again."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return {key: _escaped(part) for key, part in value.items()}
    return [_escaped(part) for part in value] if isinstance(value, list) else value


def _named(key: str, entry: object, project: str) -> Model:
    given: Model = dict(entry) if isinstance(entry, dict) else {}
    external = given.get("external")
    if isinstance(external, dict):
        given |= {"external": True, "name": external.get("name", key)}
    own = key if external or not project else f"{project}_{key}"
    if "labels" in given:
        given["labels"] = longform.mapping(given["labels"])
    return {**given, "name": str(given.get("name") or own)}


def _service(raw: Model, folder: PurePosixPath) -> Model:
    long = _longforms(folder)
    service: Model = {"command": None, "entrypoint": None, **raw}
    service |= {key: long[key](value) for key, value in service.items() if key in long}
    if not raw.get("network_mode"):
        service["networks"] = _networks(raw)
    return service


def _longforms(folder: PurePosixPath) -> dict[str, Callable[[Any], Any]]:
    return {
        **dict.fromkeys(("environment", "labels", "annotations", "sysctls"), longform.mapping),
        **dict.fromkeys(("command", "entrypoint"), longform.words),
        **dict.fromkeys(("dns", "tmpfs", "expose", "profiles", "cap_add", "cap_drop"), longform.texts),
        "depends_on": longform.depends_on,
        "ports": lambda value: [port for item in longform.listed(value) for port in longform.ports(item)],
        "volumes": lambda value: [longform.mount(item, folder) for item in longform.listed(value)],
        "healthcheck": longform.healthcheck,
        "stop_grace_period": longform.duration,
    }


def _networks(raw: Model) -> Model:
    given = raw.get("networks")
    if not given:
        return {"default": None}
    return dict(given) if isinstance(given, dict) else dict.fromkeys(map(str, longform.listed(given)))

"""What a service's containers read of the checkout beyond the compose file: mounts, configs, secrets, env files.

Compose sees none of it change but `env_file` and `label_file` (2.26.1 and 2.40.3, docker/compose #11900): it leaves
the container, which goes on with the old content, since a single file that is mounted stays the old one once git has
written another, and a config given by its content was copied into it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from avnwizard.domain.interpolation import InterpolationError, interpolate

_FIRST_START = "/docker-entrypoint-initdb.d"
"""Databases' images read this folder when they start on empty data, and never again."""


@dataclass(frozen=True)
class Changed:
    """What a release changes of what a service reads, in words such as "conf/proxy.conf" or "its config motd".

    Attributes:
        seen: what makes Compose itself replace the containers.
        mounted: what Compose does not see, and a restart brings.
        copied: what Compose does not see either, and only a new container gets.
    """

    seen: tuple[str, ...] = ()
    mounted: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """All of it, each once."""
        return tuple(dict.fromkeys((*self.mounted, *self.copied, *self.seen)))


def mounted_paths(raw: Mapping[str, Any], service: str) -> tuple[str, ...]:
    """The host's paths that a service's containers see: bind mounts, and configs and secrets that are files.

    Args:
        raw: the resolved model; its paths are absolute.
    """
    body = raw["services"].get(service) or {}
    binds = [one for one in body.get("volumes") or () if isinstance(one, Mapping) and one.get("type") == "bind"]
    found = [one.get("source") for one in binds if not str(one.get("target") or "").startswith(_FIRST_START)]
    found += [entry.get("file") for _, _, entry in _granted(raw, service)]
    return tuple(dict.fromkeys(_plain(path) for path in found if path))


def copied_contents(raw: Mapping[str, Any], service: str, env: Mapping[str, str]) -> dict[str, str]:
    """What is copied into a service's containers when they are made: "its config NAME" -> the content.

    Args:
        env: the variables of the env file.
    """
    found = {}
    for kind, name, entry in _granted(raw, service):
        if "content" in entry:
            found[f"its {kind} {name}"] = str(entry["content"])
        elif "environment" in entry:
            found[f"its {kind} {name}"] = env.get(_plain(entry["environment"]), "")
    return found


def files_by_reference(document: Mapping[str, Any], service: str, env: Mapping[str, str]) -> tuple[str, ...]:
    """The paths that `env_file` and `label_file` of a service name, as written; the resolved model has them no more.

    Args:
        document: one compose file, as it is read.
    """
    services = document.get("services")
    found: dict[str, None] = {}
    seen: set[str] = set()
    while service and service not in seen:
        seen.add(service)
        body = services.get(service) if isinstance(services, Mapping) else None
        if not isinstance(body, Mapping):
            break
        found.update(dict.fromkeys(_paths(body)))
        base = body.get("extends")  # of another file: such a release is refused
        service = str((base.get("service") if isinstance(base, Mapping) else base) or "")
    return tuple(_filled(path, env) for path in found)


def _paths(body: Mapping[str, Any]) -> Iterator[str]:
    for key in ("env_file", "label_file"):
        given = body.get(key)
        for one in given if isinstance(given, list) else [given] if given else []:
            yield str(one.get("path") if isinstance(one, Mapping) else one)


def _filled(path: str, env: Mapping[str, str]) -> str:
    try:
        return interpolate(path, env)
    except InterpolationError:
        return path


def _granted(raw: Mapping[str, Any], service: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(config or secret, its name, its top-level entry) of what a service is given."""
    body = raw["services"].get(service) or {}
    for key in ("configs", "secrets"):
        for one in body.get(key) or ():
            name = str(one.get("source") if isinstance(one, Mapping) else one)
            entry = (raw.get(key) or {}).get(name)
            yield key.removesuffix("s"), name, entry if isinstance(entry, Mapping) else {}


def _plain(value: object) -> str:
    return str(value).replace("$$", "$")

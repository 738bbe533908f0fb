"""Which services are given an env file as a whole, so that any of its variables may be read, whatever is named."""

from collections.abc import Iterator, Mapping
from posixpath import join, normpath
from typing import Any

from avnwizard.domain.compose.document import read
from avnwizard.domain.interpolation import InterpolationError, interpolate


def whole_file_readers(
    compose_text: str, *, directory: str, env_files: frozenset[str], values: Mapping[str, str]
) -> tuple[str, ...]:
    """Give the services that get the file by `env_file`, by a mount, or as a config or secret, sorted.

    Args:
        directory: the project directory, absolute: paths in the file are relative to it.
        env_files: the absolute paths that the env file has (it may be a symbolic link).
        values: what Compose interpolates with; a path that it cannot interpolate counts as the env file's.

    Raises:
        ComposeError: the file cannot be read.
    """
    document = read(compose_text)
    services = document.get("services")
    found = []
    for name, body in services.items() if isinstance(services, Mapping) else ():
        if not isinstance(body, Mapping):
            continue
        files = [_filled(path, directory, values) for path in (*_files(body), *_granted(body, document))]
        mounts = [_filled(path, directory, values) for path in _mounts(body)]
        if any(one is None or one in env_files for one in files) or any(
            one is None or _shows(one, directory, env_files) for one in mounts
        ):
            found.append(str(name))
    return tuple(sorted(found))


def env_file_paths(compose_text: str, *, directory: str, values: Mapping[str, str]) -> frozenset[str]:
    """Give the absolute paths of every service's `env_file`, without those that cannot be interpolated.

    Raises:
        ComposeError: the file cannot be read.
    """
    services = read(compose_text).get("services")
    bodies = services.values() if isinstance(services, Mapping) else ()
    paths = (path for body in bodies if isinstance(body, Mapping) for path in _files(body))
    return frozenset(found for path in paths if (found := _filled(path, directory, values)) is not None)


def demanded_env_files(compose_text: str, *, directory: str, values: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Give each service's `env_file` paths that have to be there, absolute, in the file's order.

    Raises:
        ComposeError: the file cannot be read.
    """
    services = read(compose_text).get("services")
    found = {}
    for name, body in services.items() if isinstance(services, Mapping) else ():
        given = body.get("env_file") if isinstance(body, Mapping) else None
        listed = given if isinstance(given, list) else [given] if given else []
        demanded = [one for one in listed if not (isinstance(one, Mapping) and one.get("required") is False)]
        paths = (_filled(path, directory, values) for path in _files({"env_file": demanded}))
        found[str(name)] = tuple(path for path in paths if path is not None)
    return found


def passes_on_a_file(compose_text: str) -> bool:
    """Whether any service has an `env_file`: whatever that holds may be read without being named."""
    services = read(compose_text).get("services")
    bodies = services.values() if isinstance(services, Mapping) else ()
    return any(isinstance(body, Mapping) and body.get("env_file") for body in bodies)


def _filled(path: str, directory: str, values: Mapping[str, str]) -> str | None:
    try:
        return normpath(join(directory, interpolate(path, values)))
    except InterpolationError:
        return None


def _shows(source: str, directory: str, env_files: frozenset[str]) -> bool:
    """Whether a mount shows the env file: it is it, or a folder of the project that it lies in.

    Folders above the project are left out: what mounts the whole host to watch it reads no settings of ours.
    """
    inside = source == directory or source.startswith(f"{directory}/")
    return source in env_files or (inside and any(file.startswith(f"{source}/") for file in env_files))


def _files(body: Mapping[str, Any]) -> Iterator[str]:
    given = body.get("env_file")
    for one in given if isinstance(given, list) else [given] if given else []:
        yield str(one.get("path") if isinstance(one, Mapping) else one)


def _mounts(body: Mapping[str, Any]) -> Iterator[str]:
    mounts = body.get("volumes")
    for one in mounts if isinstance(mounts, list) else ():
        if isinstance(one, Mapping):
            if one.get("type") == "bind":
                yield str(one.get("source") or "")
        elif (source := _source(str(one))).startswith((".", "/", "$")):
            yield source


def _source(short: str) -> str:
    """What stands before the first `:` of "SOURCE:TARGET:MODE" that is in no `${NAME:-default}`."""
    depth = 0
    for at, char in enumerate(short):
        depth += (char == "{") - (char == "}")
        if char == ":" and not depth:
            return short[:at]
    return short


def _granted(body: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("configs", "secrets"):
        known, given = document.get(kind), body.get(kind)
        for one in given if isinstance(given, list) else ():
            name = one.get("source") if isinstance(one, Mapping) else one
            entry = known.get(name) if isinstance(known, Mapping) else None
            if isinstance(entry, Mapping) and entry.get("file"):
                yield str(entry["file"])

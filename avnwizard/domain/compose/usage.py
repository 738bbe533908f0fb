"""Who uses which variable of the environment in a compose file."""

from collections.abc import Iterator
from dataclasses import dataclass

from avnwizard.domain.compose.document import read
from avnwizard.domain.interpolation import InterpolationError, Reference, references

FILE = ""
"""Stands for the parts of a compose file that belong to no service."""


@dataclass(frozen=True)
class VariableUse:
    """How a compose file uses one variable.

    Fields:
        required: Compose refuses to start without it (`${X:?}` or `${X?}`).
        default: the first default given (`${X:-d}`), None where there is none.
        services: the services that use it, sorted; empty where only the file's other parts do.
        message: what Compose would say when it is missing.
        feeds: (service, name in the container) for `environment` entries whose value is this variable alone.
    """

    required: bool
    default: str | None
    services: tuple[str, ...]
    message: str
    feeds: tuple[tuple[str, str], ...] = ()


def variables_used(compose_text: str, *, source: str = "compose file") -> dict[str, VariableUse]:
    """Give every variable that the file interpolates, or passes on from the shell (`environment: [NAME]`).

    Args:
        source: the file, for the message.

    Raises:
        ComposeError: the file cannot be read.
    """
    uses: dict[str, list[tuple[str, Reference]]] = {}
    feeds: dict[str, set[tuple[str, str]]] = {}
    for service, path, text in strings(read(compose_text, source=source)):
        try:
            found = list(references(text))
        except InterpolationError:
            continue
        for use in found:
            uses.setdefault(use.name, []).append((service, use))
        for name, variable in _fed(path, text, found):
            feeds.setdefault(variable, set()).add((service, name))
            if not found:
                uses.setdefault(variable, []).append((service, Reference(variable, "", "", 0, 0)))
    return {name: _summary(places, feeds.get(name, set())) for name, places in uses.items()}


def _summary(places: list[tuple[str, Reference]], feeds: set[tuple[str, str]]) -> VariableUse:
    required = [use for _, use in places if use.operator.endswith("?")]
    return VariableUse(
        required=bool(required),
        default=next((use.argument for _, use in places if use.operator.endswith("-")), None),
        services=tuple(sorted({service for service, _ in places if service})),
        message=next((use.argument for use in required if use.argument), ""),
        feeds=tuple(sorted(feeds)),
    )


def _fed(path: tuple[str, ...], text: str, found: list[Reference]) -> Iterator[tuple[str, str]]:
    if len(path) == 0 or path[0] != "environment":
        return
    name, equals, _ = text.partition("=")
    if len(path) > 1:
        name = path[1]
    elif not equals and not found:
        yield text, text
        return
    elif found and "=" not in text[: found[0].start]:
        return
    whole = text if len(path) > 1 else text.partition("=")[2]
    if found and whole.startswith("$") and found[0].end - found[0].start == len(whole):
        yield name, found[0].name


def strings(document: dict[str, object]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Give every text of a compose file: (service or "", the path to it, the text)."""
    services = document.get("services")
    for name, service in services.items() if isinstance(services, dict) else ():
        for path, text in _walk(service, ()):
            yield str(name), path, text
    rest = {key: part for key, part in document.items() if key != "services"}
    for path, text in _walk(rest, ()):
        yield FILE, ("", *path), text


def _walk(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, part in value.items():
            if part is None and path == ("environment",):
                yield path, str(key)
            yield from _walk(part, (*path, str(key)))
    elif isinstance(value, list):
        for part in value:
            yield from _walk(part, path)

"""Which other files Compose reads for a compose file: `include`, `extends`, `env_file` and `label_file`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from avnwizard.domain.compose.document import read
from avnwizard.domain.interpolation import InterpolationError, interpolate


@dataclass(frozen=True)
class Drawn:
    """A file that is drawn in, as it is written; `compose`: it is a compose file itself, and may draw in others."""

    path: str
    compose: bool


def drawn_in(compose_text: str, values: Mapping[str, str], *, source: str) -> tuple[Drawn, ...]:
    """Give the files that a compose file draws in, in its order.

    Args:
        values: what Compose interpolates with; a path that it cannot interpolate is left as it is written.
        source: names the file in an error.

    Raises:
        ComposeError: the file cannot be read.
    """
    document = read(compose_text, source=source)
    services = document.get("services")
    bodies = services.values() if isinstance(services, Mapping) else ()
    found = [
        *_included(document),
        *(one for body in bodies if isinstance(body, Mapping) for one in _of_service(body)),
    ]
    return tuple(dict.fromkeys(Drawn(_filled(one.path, values), one.compose) for one in found))


def _included(document: Mapping[str, Any]) -> Iterator[Drawn]:
    for one in _listed(document.get("include")):
        part = one if isinstance(one, Mapping) else {"path": one}
        yield from (Drawn(str(path), True) for path in _listed(part.get("path")))
        yield from (Drawn(str(path), False) for path in _listed(part.get("env_file")))


def _of_service(body: Mapping[str, Any]) -> Iterator[Drawn]:
    extends = body.get("extends")
    if isinstance(extends, Mapping) and extends.get("file"):
        yield Drawn(str(extends["file"]), True)
    for key in ("env_file", "label_file"):
        for one in _listed(body.get(key)):
            yield Drawn(str(one.get("path") if isinstance(one, Mapping) else one), False)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _filled(path: str, values: Mapping[str, str]) -> str:
    try:
        return interpolate(path, values)
    except InterpolationError:
        return path

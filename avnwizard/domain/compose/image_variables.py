"""Which variables decide what image a service runs."""

from collections.abc import Iterable, Iterator, Mapping

from avnwizard.domain.compose.document import read
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.interpolation import InterpolationError, references


def image_variables(compose_texts: Iterable[str], env: EnvFile) -> dict[str, tuple[str, ...]]:
    """Give each variable that an `image:` refers to, with the services, sorted.

    Args:
        env: its values may refer to further variables, which then decide too.

    Raises:
        ComposeError: a file cannot be read.
    """
    found: dict[str, set[str]] = {}
    for text in compose_texts:
        services = read(text).get("services")
        for service, body in services.items() if isinstance(services, Mapping) else ():
            image = body.get("image") if isinstance(body, Mapping) else None
            if isinstance(image, str):
                _follow(image, str(service), env, found)
    return {name: tuple(sorted(services)) for name, services in found.items()}


def _follow(template: str, service: str, env: EnvFile, found: dict[str, set[str]]) -> None:
    for name in _names(template):
        services = found.setdefault(name, set())
        if service not in services:
            services.add(service)
            _follow(env.literal(name) or "", service, env, found)


def _names(template: str) -> Iterator[str]:
    try:
        yield from [use.name for use in references(template)]
    except InterpolationError:
        return

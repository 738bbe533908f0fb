"""What a compose file says of a service's environment, before Compose interpolates it."""

from collections.abc import Iterator, Mapping

from avnwizard.domain.compose.document import read


def written(text: str, service: str, setting: str) -> Iterator[str]:
    """The values that a compose file gives a setting of a service, in the file's order."""
    services = read(text).get("services")
    body = services.get(service) if isinstance(services, Mapping) else None
    told = body.get("environment") if isinstance(body, Mapping) else None
    if isinstance(told, Mapping) and told.get(setting) is not None:
        yield str(told[setting])
    for one in told if isinstance(told, list) else ():
        name, equals, value = str(one).partition("=")
        if name == setting and equals:
            yield value

"""Where in a compose file a variable is read: the same text around it in another release shows what became of it."""

from collections.abc import Iterator

from avnwizard.domain.compose.document import read
from avnwizard.domain.compose.usage import strings
from avnwizard.domain.interpolation import InterpolationError, Reference, references

Seat = tuple[str, str]
"""(service or "", the path and the text there but for its variables)."""


def seats(compose_text: str) -> dict[Seat, str]:
    """Give the variable that each seat reads: an image, a port, a mount, a label, a command or a longer text.

    A seat that two variables have says nothing and is left out, and so is an entry of `environment` that has its
    variable's own name.

    Raises:
        ComposeError: the file cannot be read.
    """
    found: dict[Seat, str] = {}
    twice: set[Seat] = set()
    for service, path, text in strings(read(compose_text)):
        uses = _uses(text)
        if not uses or own_name(path, text, uses):
            continue
        bare = _without(text, uses)
        for number, use in enumerate(uses):
            seat = service, f"{'.'.join(path)}: {bare}" + (f" ({number + 1})" if number else "")
            if found.setdefault(seat, use.name) != use.name:
                twice.add(seat)
    return {seat: name for seat, name in found.items() if seat not in twice}


def passed_on(compose_text: str) -> dict[str, tuple[str, ...]]:
    """Give the variables that each service passes on under their own names, in order.

    Raises:
        ComposeError: the file cannot be read.
    """
    found: dict[str, dict[str, None]] = {}
    for service, path, text in strings(read(compose_text)):
        uses = _uses(text)
        if path[:1] == ("environment",) and (own_name(path, text, uses) or (not uses and "=" not in text)):
            found.setdefault(service, {})[uses[0].name if uses else text] = None
    return {service: tuple(names) for service, names in found.items()}


def own_name(path: tuple[str, ...], text: str, uses: tuple[Reference, ...]) -> bool:
    """Whether an entry of `environment` gives one variable to the container under its own name."""
    if path[:1] != ("environment",) or len(uses) != 1:
        return False
    return (path[1] if len(path) > 1 else text.partition("=")[0]) == uses[0].name


def _uses(text: str) -> tuple[Reference, ...]:
    try:
        return tuple(references(text, nested=False))
    except InterpolationError:
        return ()


def _without(text: str, uses: tuple[Reference, ...]) -> str:
    return "".join(_parts(text, uses))


def _parts(text: str, uses: tuple[Reference, ...]) -> Iterator[str]:
    done = 0
    for use in uses:
        yield f"{text[done : use.start]}$"
        done = use.end
    yield text[done:]

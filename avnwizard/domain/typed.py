"""Values as JSON and back, checked: by pydantic, which is only loaded where something is read or written."""

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from avnwizard.errors import RefusedError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


class Typed(Generic[T]):
    """A type and its `pydantic.TypeAdapter`, built at first use: pydantic takes 0.1 s and 11 MB.

    What does not fit the type raises `pydantic.ValidationError`, which is a `ValueError`.

    Args:
        kind: the type; special forms too.
    """

    def __init__(self, kind: Any) -> None:
        self._kind = kind

    @cached_property
    def adapter(self) -> "TypeAdapter[T]":
        """Checks, reads and writes."""
        from pydantic import TypeAdapter

        return TypeAdapter(self._kind)


def order_from(text: str, **kinds: type[str] | type[list[str]]) -> dict[str, Any]:
    """A small order in the journal: JSON with a text, or a list of texts, under each of some names.

    Raises:
        RefusedError: it is none; another version wrote it.
    """
    try:
        found = json.loads(text)
        held = {name: found[name] for name in kinds}
    except (ValueError, KeyError, TypeError, RecursionError):
        held = {}
    fits = held and all(isinstance(held[name], kind) for name, kind in kinds.items())
    if not fits or not all(isinstance(one, str) for listed in held.values() for one in listed):
        raise RefusedError(
            "This run was planned by another version of avnwizard.", "Go on with the version that started it."
        )
    return held

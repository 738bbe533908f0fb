"""Values as JSON and back, checked: by pydantic, which is only loaded where something is read or written."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

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

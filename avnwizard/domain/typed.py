"""Values as JSON and back, checked: by pydantic, which is only loaded where something is read or written."""

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from avnwizard.errors import RefusedError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
GO_ON = "Go on with the version that started it."


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

    def to_json(self, value: T) -> str:
        """As the journal keeps it, and `--json` prints it."""
        return self.adapter.dump_json(value, indent=2).decode()

    def planned(self, text: str, what: str, hint: str = GO_ON) -> T:
        """Read a plan back from the journal.

        Args:
            what: of what it is the plan, such as "rollback".

        Raises:
            RefusedError: another version wrote it.
        """
        try:
            return self.adapter.validate_json(text)
        except ValueError as error:
            raise RefusedError(f"This {what} was planned by another version of avnwizard.", hint) from error


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
        raise RefusedError("This run was planned by another version of avnwizard.", GO_ON)
    return held

"""Makes a value of any dataclass out of its fields' types: a sample that has every field."""

import types
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_SIMPLE: dict[Any, Any] = {str: "text", int: 1, float: 1.5, bool: True, bytes: b"x", Path: Path("/srv/x"), Any: "any"}


def made(kind: Any) -> Any:  # noqa: PLR0911 - one for each kind of type
    """A value of a type, with something in each collection."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{one.name: made(hints[one.name]) for one in fields(kind) if one.init})
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if origin is Literal:
        return parts[0]
    if origin in {Union, types.UnionType}:
        return made(next(one for one in parts if one is not type(None)))
    if origin is tuple:
        return (made(parts[0]),) if parts[-1] is Ellipsis else tuple(made(one) for one in parts)
    if origin in {frozenset, set, list}:
        return origin([made(parts[0])])
    if origin is not None and len(parts) == 2:
        return {made(parts[0]): made(parts[1])}
    return made(parts[0]) if parts else kind()

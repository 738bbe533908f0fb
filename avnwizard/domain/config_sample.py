"""`avnwizard.toml` with every key, its default and what it is for, generated from the settings' own classes."""

import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit

from avnwizard.domain.config import Config

_WIDTH = 100
_ATTRIBUTE = re.compile(r"^ {4}(\w+): ", re.MULTILINE)


def sample() -> str:
    """The whole file as TOML text: values from the schema's defaults, comments from docstrings and bounds.

    Under `python -OO` there are no docstrings, and so fewer comments.
    """
    from pydantic import TypeAdapter

    schema = TypeAdapter(Config).json_schema(mode="serialization")
    return "\n".join(
        _section(name, schema["$defs"][str(part["$ref"]).rpartition("/")[2]])
        for name, part in schema["properties"].items()
    )


def _section(name: str, schema: Mapping[str, Any]) -> str:
    intro, _, attributes = inspect.cleandoc(schema.get("description", "")).partition("Attributes:\n")
    said = _ATTRIBUTE.split(attributes)
    about = dict(zip(said[1::2], said[2::2], strict=True))
    lines = [*_comment(intro.partition(": ")[2]), f"[{name}]"]
    for key, part in schema["properties"].items():
        lines += _comment(" ".join([about.get(key, ""), *_bounds(part)]))
        lines.append(f"{key} = {_value(part.get('default', {}))}")
    return "\n".join(lines) + "\n"


def _value(default: Any) -> str:
    return "{ }" if default == {} else tomlkit.item(default).as_string()


def _bounds(part: Mapping[str, Any]) -> Iterator[str]:
    if choices := part.get("enum") or part.get("additionalProperties", {}).get("enum"):
        yield f"One of: {', '.join(map(str, choices))}."
    low, high = part.get("minimum"), part.get("maximum")
    if low is not None and high is not None:
        yield f"From {low:g} to {high:g}."
    elif low is not None:
        yield f"At least {low:g}."


def _comment(text: str) -> list[str]:
    words = " ".join(text.split())
    return [f"# {line}" for line in textwrap.wrap(words[:1].upper() + words[1:], _WIDTH)]

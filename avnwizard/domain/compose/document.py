"""Reads a compose file's YAML, with Compose's own tags and no others."""

import pickle
import re
from functools import lru_cache
from typing import Any

import yaml

from avnwizard.domain.compose.errors import ComposeError
from avnwizard.domain.plain import printable

_LARGEST, _DEEPEST = 200_000, 60
_LONGEST_NUMBER = 100
_KEPT = 16
"""Texts whose document is kept."""
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]  # libyaml's loader where it is built in; both are SafeLoaders
    """YAML as Compose reads it: `1:2` is no number, `yes` and `on` are words, `!reset` empties a value."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        """Make a node's value; PyYAML's own constructors let Python's errors through (`!!int abc`)."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, KeyError, AttributeError, IndexError, TypeError, OverflowError):
            kind = str(node.tag).rpartition(":")[2]
            raise yaml.constructor.ConstructorError(
                None, None, f"the value cannot be read as {kind}", node.start_mark
            ) from None


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:timestamp"}
    ]
    for first, resolvers in _BASE.yaml_implicit_resolvers.items()
}


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?[0-9]+\Z"), list("-+0123456789"))


def _reset(_loader: Any, _node: yaml.Node) -> None:
    """`!reset` (Compose 2.24) drops what an earlier file said."""


def _override(loader: Any, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


def _int(loader: Any, node: yaml.ScalarNode) -> object:
    text = loader.construct_scalar(node)
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("no number that anybody means")
    return (
        int(text)
        if text == "0" or not text.lstrip("+-").startswith("0")
        else int(text, 8)
        if set(text) <= set("01234567")
        else text
    )


_Loader.add_constructor("!reset", _reset)
_Loader.add_constructor("!override", _override)
_Loader.add_constructor("tag:yaml.org,2002:int", _int)


def read(text: str, *, source: str = "compose file") -> dict[str, Any]:
    """Give the file's mapping, nothing interpolated.

    Args:
        source: the file, for the message.

    Raises:
        ComposeError: not YAML, or not a mapping.
    """
    try:
        document = pickle.loads(_pickled(text))  # noqa: S301 - of our own making, just now
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = printable(str(getattr(wrong, "problem", "") or "not YAML"), limit=120)
        raise ComposeError(f"{source}{where}: {problem}", "Correct the file's YAML.") from None
    except (RecursionError, UnicodeError) as wrong:
        problem = "nested too deeply" if isinstance(wrong, RecursionError) else "not UTF-8 text"
        raise ComposeError(f"{source}: {problem}", "Give a compose file.") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ComposeError(f"{source}: not a mapping", "Give a compose file.")
    if _spread(document, {}, 0, source) > _LARGEST:
        raise ComposeError(f"{source}: its anchors multiply without end", "Give a compose file.")
    return document


@lru_cache(maxsize=_KEPT)
def _pickled(text: str) -> bytes:
    """The document, so that each reader gets one of its own: a plan reads the same few files dozens of times."""
    # a SafeLoader by inheritance: it builds plain values only
    return pickle.dumps(yaml.load(text, Loader=_Loader))  # noqa: S506


def _spread(value: object, seen: dict[int, int], depth: int, source: str) -> int:
    """The number of parts once every anchor is written out."""
    if depth > _DEEPEST:
        raise ComposeError(f"{source}: nested too deeply", "Give a compose file.")
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in seen:
        seen[id(value)] = _LARGEST + 1  # an anchor within itself is endless
        parts = value.values() if isinstance(value, dict) else value
        seen[id(value)] = 1 + sum(_spread(part, seen, depth + 1, source) for part in parts)
    return seen[id(value)]

"""Reads a compose file's YAML, with Compose's own tags and no others."""

import re
from typing import Any

import yaml

from avnwizard.domain.compose.errors import ComposeError
from avnwizard.domain.plain import printable

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]  # libyaml's loader where it is built in; both are SafeLoaders
    """YAML as Compose reads it: `1:2` is no number, `yes` and `on` are words, `!reset` empties a value."""


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


def read(text: str) -> dict[str, Any]:
    """Give the file's mapping, nothing interpolated.

    Raises:
        ComposeError: not YAML, or not a mapping.
    """
    try:
        # a SafeLoader by inheritance: it builds plain values only
        document = yaml.load(text, Loader=_Loader)  # noqa: S506
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = printable(str(getattr(wrong, "problem", "") or "not YAML"), limit=120)
        raise ComposeError(f"compose file{where}: {problem}", "Correct the file's YAML.") from None
    except RecursionError:
        raise ComposeError("compose file: nested too deeply", "Give a compose file.") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ComposeError("compose file: not a mapping", "Give a compose file.")
    return document

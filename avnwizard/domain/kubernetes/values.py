"""Values files of a chart, read as settings by their dotted paths, so that renames are found as in an env file."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from avnwizard.domain.compose import VariableUse
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.kubernetes.manifest import UNREADABLE
from avnwizard.errors import RefusedError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LIMIT_BYTES = 4 << 20
_LIMIT_NODES = 50_000
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_TEXT = "tag:yaml.org,2002:str"
PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*")
"""The dotted path of a value, as `--set` takes it."""

Leaf = tuple[str, Any, str]
"""(path, value, the comment above it)."""


def tree_of(text: bytes, *, source: str) -> yaml.Node | None:
    """The YAML tree of a values file, with its places; None where it is empty.

    Raises:
        RefusedError: it is not YAML that can be a values file.
    """
    if len(text) > _LIMIT_BYTES:
        raise RefusedError(f"{source} is larger than {_LIMIT_BYTES >> 20} MB. It was not read.", "Look at it.")
    try:
        found = yaml.compose(text.decode("utf-8"), Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RefusedError(f"{source} is not valid YAML.", "Look at it with: helm lint") from error
    if found is not None and not isinstance(found, yaml.MappingNode):
        raise RefusedError(f"{source} holds no values: its top is no mapping.", "Look at it with: helm lint")
    return found


def loaded(text: bytes, *, source: str) -> dict[str, Any]:
    """The values of a file.

    Raises:
        RefusedError: it is not YAML that can be a values file.
    """
    tree = tree_of(text, source=source)
    return {} if tree is None else _built(tree, source)


def _built(tree: yaml.Node, source: str) -> Any:
    _require_small(tree, source)
    try:
        return _Loading().construct_document(tree)
    except UNREADABLE as error:
        raise RefusedError(f"{source} is not valid YAML.", "Look at it with: helm lint") from error


class _Loading(yaml.constructor.SafeConstructor):
    """PyYAML's safe constructor, for a tree that is there already."""


def _require_small(tree: yaml.Node, source: str) -> None:
    """Aliases make a small text an endless tree: count what a walk would meet."""
    left, waiting = _LIMIT_NODES, [tree]
    while waiting:
        one = waiting.pop()
        left -= 1
        if left < 0:
            raise RefusedError(f"{source} holds more than {_LIMIT_NODES:,} values.", "Look at it.")
        if isinstance(one, yaml.MappingNode):
            waiting += [each for pair in one.value for each in pair]
        elif isinstance(one, yaml.SequenceNode):
            waiting += one.value


def leaves(text: bytes, *, source: str) -> tuple[Leaf, ...]:
    """Every value with its path, in order; a list, or a mapping whose keys are no plain names, is one value.

    Raises:
        RefusedError: it is not YAML that can be a values file.
    """
    tree = tree_of(text, source=source)
    if tree is None:
        return ()
    _require_small(tree, source)
    lines = text.decode("utf-8").splitlines()
    return tuple(_leaves(tree, "", lines, source))


def _leaves(node: yaml.Node, path: str, lines: list[str], source: str) -> Iterator[Leaf]:
    for key, value in node.value:
        name = f"{path}.{key.value}" if path else str(key.value)
        if not _is_name(key):
            continue
        if is_branch(value):
            yield from _leaves(value, name, lines, source)
        else:
            yield name, _built(value, source), _comment(lines, key.start_mark.line)


def is_branch(node: yaml.Node) -> bool:
    """Whether a node holds further values by plain names, as a chart's sections do."""
    if not isinstance(node, yaml.MappingNode) or not node.value:
        return False
    return all(_is_name(key) for key, _ in node.value)


def _is_name(key: yaml.Node) -> bool:
    """Whether a key is a plain name; `on` and `0xa` are a switch and a number to YAML."""
    return isinstance(key, yaml.ScalarNode) and key.tag == _TEXT and bool(_PLAIN_KEY.fullmatch(key.value))


def _comment(lines: list[str], line: int) -> str:
    found: list[str] = []
    while line > 0 and (text := lines[line - 1].strip()).startswith("#"):
        found.insert(0, text.lstrip("# ").removeprefix("-- "))
        line -= 1
    return " ".join(found)


def shown(value: Any) -> str:
    """A value in one line, as it is compared and shown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return " ".join(text.split())


def as_settings(found: Iterable[Leaf]) -> EnvFile:
    """The values as an env file whose names are the paths, for the reader of renames and for the screens."""
    lines = []
    for path, value, comment in found:
        lines += [f"# {comment}"] if comment else []
        text = shown(value).replace("'", "`")
        lines.append(f"{path}='{text}'" if text else f"{path}=")
    return EnvFile.parse_release(("\n".join(lines) + "\n").encode() if lines else b"")


def merged(files: Iterable[Iterable[Leaf]]) -> tuple[Leaf, ...]:
    """The values of several files; a later one wins, as with Helm."""
    found: dict[str, Leaf] = {}
    for each in files:
        for leaf in each:
            found[leaf[0]] = leaf
    return tuple(found.values())


def demanded(schema: bytes | None) -> dict[str, VariableUse]:
    """The values that a chart's `values.schema.json` requires, by path."""
    try:
        found = json.loads(schema or b"{}")
    except (ValueError, RecursionError):
        return {}
    paths = list(_required(found, "", 0))
    return {path: VariableUse(True, None, (), "values.schema.json requires it") for path in paths}


def _required(schema: object, path: str, depth: int) -> Iterator[str]:
    if not isinstance(schema, dict) or depth > 16:  # noqa: PLR2004 - no chart nests deeper
        return
    parts, names = schema.get("properties"), schema.get("required")
    parts = parts if isinstance(parts, dict) else {}
    for name in names if isinstance(names, list) else ():
        full = f"{path}.{name}" if path else str(name)
        below = parts.get(name)
        if PATH.fullmatch(full) and not (isinstance(below, dict) and below.get("properties")):
            yield full
    for name, below in parts.items():
        yield from _required(below, f"{path}.{name}" if path else str(name), depth + 1)


def get(values: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    """(whether a path is there, its value)."""
    here: Any = values
    for part in path.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return False, None
        here = here[part]
    return True, here

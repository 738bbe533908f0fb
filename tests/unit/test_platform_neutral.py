"""What plans, rollbacks and screens say does not depend on the engine behind the stack: nothing there names it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import avnwizard

_ROOMS = ("flows/upgrade", "flows/rollback", "ui")
_WORDS = re.compile(r"\bdocker\b|\bkubectl\b|\bhelm\b|--env-file|--project-name", re.IGNORECASE)
_ATTRIBUTES = frozenset({"labels", "config_hash", "container_id", "made_in", "one_off"})
_ITS_OWN = {"flows/upgrade/planning.py": {"one_off"}, "flows/upgrade/images_to_save.py": {"one_off"}}
"""An upgrade looks at the containers of a Compose stack: those of `compose run` are none of its services."""


def _files() -> Iterator[tuple[str, ast.Module]]:
    top = Path(avnwizard.__file__).parent
    for room in _ROOMS:
        for file in sorted((top / room).rglob("*.py")):
            yield str(file.relative_to(top)), ast.parse(file.read_text())


def _docstrings(tree: ast.Module) -> set[int]:
    """Where texts stand that nobody at a screen reads."""
    said = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    return {id(value) for value in said if isinstance(value, ast.Constant)}


def test_no_sentence_names_the_engine() -> None:
    """Commands that an operator gives come from the platform (`by_hand`), so a Helm release gets its own."""
    found = []
    for name, tree in _files():
        silent = _docstrings(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or id(node) in silent:
                continue
            if isinstance(node.value, str) and _WORDS.search(node.value):
                found.append(f"{name}:{node.lineno}: {node.value[:60]}")
    assert found == []


def test_no_detail_of_a_container_is_looked_at() -> None:
    """Labels, hashes and ids of containers are for the roll and the adapters."""
    found = []
    for name, tree in _files():
        banned = _ATTRIBUTES - _ITS_OWN.get(name, set())
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in banned:
                found.append(f"{name}:{node.lineno}: .{node.attr}")
            if name.startswith("ui/") and isinstance(node, ast.ImportFrom):
                found += [f"{name}:{node.lineno}: Container" for one in node.names if one.name == "Container"]
    assert found == []

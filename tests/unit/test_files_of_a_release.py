"""Which compose files a release is run from, where its names alone do not tell."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard.flows.upgrade.inputs import compose_of

STACK = "services: {web: {image: acme/web}}"


def _host(folder: Path, used: list[str], there: dict[str, str], renamed: dict[str, str] | None = None) -> Any:
    before = dict.fromkeys(used, STACK)

    def read(ref: str, path: str) -> bytes | None:
        found = (there if ref == "then" else before).get(path)
        return None if found is None else found.encode()

    repo = SimpleNamespace(
        directory=folder, read=read, head=lambda: SimpleNamespace(base=""), renamed=lambda _old, _new: renamed or {}
    )
    project = SimpleNamespace(directory=folder, files=tuple(folder / one for one in used))
    return cast("Any", SimpleNamespace(repo=repo, stack=SimpleNamespace(project=project)))


@pytest.mark.parametrize(
    ("there", "renamed", "found"),
    [
        ({"product.yaml": STACK}, {"stack.yml": "product.yaml"}, {"product.yaml": "stack.yml"}),
        ({"stack.yml": STACK, "product.yaml": STACK}, {"stack.yml": "product.yaml"}, {"stack.yml": "stack.yml"}),
        ({"deploy/product.yaml": STACK}, {"stack.yml": "deploy/product.yaml"}, {"stack.yml": "stack.yml"}),
        ({"product.md": STACK}, {"stack.yml": "product.md"}, {"stack.yml": "stack.yml"}),
        ({"product.yaml": "{"}, {"stack.yml": "product.yaml"}, {"stack.yml": "stack.yml"}),
        ({"product.yaml": "a: 1"}, {"stack.yml": "product.yaml"}, {"stack.yml": "stack.yml"}),
    ],
    ids=["followed", "still there", "in another folder", "another kind of file", "unreadable", "no compose file"],
)
def test_a_file_that_git_takes_for_another(
    tmp_path: Path, there: dict[str, str], renamed: dict[str, str], found: dict[str, str]
) -> None:
    """Only a compose file in the same folder, and only where the old one is gone; else the old name is missed."""
    assert compose_of(_host(tmp_path, ["stack.yml"], there, renamed), "then", {}) == found


def test_files_that_the_releases_env_file_names(tmp_path: Path) -> None:
    """`COMPOSE_FILE` decides where the stack is run from it, and not where it is run from other files."""
    there = {"a.yml": STACK, "b.yml": STACK}
    named = (("a.yml",), ("a.yml", "b.yml"))
    assert list(compose_of(_host(tmp_path, ["a.yml"], there), "then", {}, *named)) == ["a.yml", "b.yml"]
    assert list(compose_of(_host(tmp_path, ["c.yml"], {**there, "c.yml": STACK}), "then", {}, *named)) == ["c.yml"]

"""Each finding of the first walk through avnwizard has tests that exist, or an answer."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.findings.table import FINDINGS, Finding

_TESTS = Path(__file__).parents[1]
_GRAVE, _POLISH = 19, 24


@cache
def _tests_of(file: str) -> frozenset[str]:
    tree = ast.parse((_TESTS / file).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(one.name for one in tree.body if isinstance(one, kinds) and one.name.startswith("test_"))


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda one: one.number)
def test_each_finding_is_held_or_answered(finding: Finding) -> None:
    """Its tests are there under that name; one without a test says why."""
    assert finding.was
    assert finding.tests or finding.answer
    for test in finding.tests:
        file, _, name = test.partition("::")
        assert name in _tests_of(file), test


_PHRASES = (
    "needs a window while", "rolls without interruption", "going back now loses no row", "Before or in:",
    "at the operator's request", "Leave it so", "is as wanted already", "were as wanted", "ended well",
    "look that sign", "ask the vendor about what went wrong", "there are 4 (v)", "Save the rows too",
    "Saved no rows", "Restored beside", "(confidence",
    "the numbers are the steps", "the next does so too", "Say the version", "(misrouted)",
)  # fmt: skip
"""What an English-speaking operator stumbled over, as it stood on the screens and in the reports."""


def test_no_phrase_of_the_list_is_said_any_more() -> None:
    """Neither in the code, nor in the documentation, nor on a screen as it was drawn."""
    root = _TESTS.parent
    files = [*(root / "avnwizard").rglob("*.py"), *(root / "avnwizard").rglob("*.md"), root / "README.md"]
    files += (_TESTS / "ui" / "pictures").glob("*.txt")
    said = [f"{file.name}: {one}" for file in files for one in _PHRASES if one in file.read_text("utf-8")]
    assert len(files) > 500, "the files are where this looks"
    assert said == []


def test_no_finding_is_left_out() -> None:
    """Every number of the list, once."""
    numbers = [one.number for one in FINDINGS]
    assert len(set(numbers)) == len(numbers)
    wanted = {str(number) for number in range(1, _GRAVE + 1)} | {f"S3-{number}" for number in range(1, _POLISH + 1)}
    assert wanted <= set(numbers)
    assert {one.rstrip("0123456789") for one in numbers if one not in wanted} == {"E", "R", "T"}

"""The zoo's table in `avnwizard help stacks` is the one of the tests, and each of its rows has a test."""

import ast
import re
from pathlib import Path

import pytest

from tests.zoo.table import DOCS, ROWS, Row, placed

_TESTS = Path(__file__).parents[1]
_NO_FAULT = {32}
"""Of the F numbers 1 to 33, the one that was never given."""
_HARM = {1, 2, 9, 11, 12, 13, 15, 16, 18, 20, 22, 30, 31, 33, 38, 39}
"""The H numbers that are about stacks; the others are about secrets, logins and hostile input."""


def test_the_topic_has_the_table() -> None:
    """Where it lacks a row, write it again: python -m tests.zoo.table."""
    text = DOCS.read_text("utf-8")
    assert text == placed(text)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.trait)
def test_each_row_has_its_tests(row: Row) -> None:
    """They are there under that name."""
    for test in row.tests:
        file, _, name = test.partition("::")
        tree = ast.parse((_TESTS / file).read_text("utf-8"))
        names = {one.name for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}
        assert names if name == "*" else name in names, test


def test_every_finding_has_a_row() -> None:
    """All that the strangers' stacks showed, and what harms a stack."""
    strange, harm = (
        {int(number) for row in ROWS for number in re.findall(rf"{letter}(\d+)", row.numbers)} for letter in "FH"
    )
    assert strange == set(range(1, 34)) - _NO_FAULT
    assert harm == _HARM

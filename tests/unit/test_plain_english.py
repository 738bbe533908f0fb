"""The words that the style rules out are in no text that an operator or an engineer reads."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import avnwizard

_PACKAGE = Path(avnwizard.__file__).parent
_TOP = _PACKAGE.parent
RULED_OUT = {
    "told": "shown or reported",
    "tells": "shows or reports",
    "(?<!new )beside": "alongside; `new beside old` is a surge",
    "anew": "again",
    "of before": "the previous one",
    "ended well": "finished",
    "mend(?:s|ed|ing)?": "fix",
    "away for a moment": "briefly down",
    "misrouted": "answered by another service",
    r"confidence [\d{]": "almost certain, 99 %",
}
_ARGUMENT = re.compile(r"^\s+(?:\w+, )*\w+: ")
"""What begins a line of a docstring that explains an argument: its name is the code's."""
_WORDS = re.compile("|".join(rf"(?<![\w.`]){word}\b" for word in RULED_OUT), re.IGNORECASE)


def _docstrings(tree: ast.Module) -> set[int]:
    bodies = (node.body for node in ast.walk(tree) if isinstance(getattr(node, "body", None), list))  # type: ignore[attr-defined]  # those that have a body
    return {
        id(one.value)
        for body in bodies
        for one in body
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
    }


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """The string literals of a module that hold more than one word, docstrings left out, with their lines."""
    tree = ast.parse(source)
    explained = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
            text = node.value.strip()
            if " " in text:
                yield node.lineno, text


def explanations(source: str) -> Iterator[tuple[int, str]]:
    """The lines of a module's docstrings and comments, without the names of arguments, with their numbers."""
    tree = ast.parse(source)
    explained = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) in explained:
            for number, line in enumerate(node.value.splitlines(), start=node.lineno):
                yield number, _ARGUMENT.sub("", line, count=1)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_the_reader_finds_a_ruled_out_word() -> None:
    """A sentence in a literal or in an f-string is found, a docstring and a single word are not."""
    source = '''"""Told."""\nKIND = "misrouted"\nsay(f"kept beside {name}, renamed")\n'''
    found = list(sentences(source))
    assert [line for line, text in found if _WORDS.search(text)] == [3]


def test_a_ruled_out_word_in_a_docstring_is_found() -> None:
    """In any line of it, and in a comment; an argument of that name is the code's own."""
    first = '"""Plain.\n\nTold anew."""\ntold = 1  # written beside it\n'
    source = first + '"""A.\n\n    told: what was said.\n    it: a thing beside it.\n"""\n'
    assert sorted(line for line, text in explanations(source) if _WORDS.search(text)) == [3, 4, 8]


@pytest.mark.parametrize("folder", sorted(one.name for one in _PACKAGE.iterdir() if one.is_dir()))
def test_sentences_in_the_code_are_plain(folder: str) -> None:
    """Every sentence that the package may show."""
    found = [
        f"{path.relative_to(_TOP)}:{line}: {text[:100]}"
        for path in sorted((_PACKAGE / folder).rglob("*.py"))
        for line, text in sentences(path.read_text(encoding="utf-8"))
        if _WORDS.search(text)
    ]
    assert not found, "\n".join(found)


def test_docstrings_and_comments_are_plain() -> None:
    """Everything that the package says to those who change it."""
    found = [
        f"{path.relative_to(_TOP)}:{line}: {text.strip()[:100]}"
        for path in sorted(_PACKAGE.rglob("*.py"))
        for line, text in explanations(path.read_text(encoding="utf-8"))
        if _WORDS.search(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("place", ["README.md", "avnwizard/docs", "tests/ui/pictures", ".github"])
def test_documents_and_pictures_are_plain(place: str) -> None:
    """Every page of the documentation, and every screen as it was drawn."""
    there = _TOP / place
    files = [there] if there.is_file() else sorted(one for one in there.rglob("*") if one.suffix in {".md", ".txt"})
    assert files
    found = [
        f"{path.relative_to(_TOP)}:{number}: {line.strip()[:100]}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if _WORDS.search(line)
    ]
    assert not found, "\n".join(found)

"""Text from outside cannot reach the terminal as anything but visible characters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avnwizard.domain.plain import printable


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\rb\nc", "a␍b␊c"),
        ("\x7f\x9b", "␡\\x9b"),
        ("pass\u202eword\u2066", "pass\\u202eword\\u2066"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("Grüße 日本", "Grüße 日本"),
    ],
)
def test_unseen_characters_become_visible(hostile: str, shown: str) -> None:
    """Escapes, controls, bidi marks and zero widths are written out; letters of any script stay."""
    assert printable(hostile) == shown


def test_newlines_stay_only_when_asked() -> None:
    """A block of text keeps its lines, a single line gets none."""
    assert printable("a\r\nb\x1b", keep_newlines=True) == "a\nb␛"
    assert printable("a\nb") == "a␊b"


def test_limit_ends_in_an_ellipsis() -> None:
    """A long text is cut to the limit, an exact one is not."""
    assert printable("abcdef", limit=4) == "abc…"
    assert printable("abcd", limit=4) == "abcd"


@given(st.text())
def test_nothing_unprintable_survives(text: str) -> None:
    """Whatever comes in, no control, format or surrogate character goes out."""
    assert not {unicodedata.category(c) for c in printable(text)} & {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"}

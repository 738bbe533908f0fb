"""Interpolation equals Compose's."""

import pytest

from avnwizard.domain.interpolation import InterpolationError, interpolate, references

_ENV = {"A": "a", "EMPTY": ""}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("$A ${A}", "a a"),
        ("$MISSING${MISSING}", ""),
        ("${MISSING:-d}${EMPTY:-d}", "dd"),
        ("${MISSING-d}${EMPTY-d}", "d"),
        ("${A:+x}${EMPTY:+x}${EMPTY+y}${MISSING+z}", "xy"),
        ("${A:?must}", "a"),
        ("${EMPTY?must}", ""),
        ("$$A $${A} $$$A", "$A ${A} $a"),
        ("${M:-${N:-${A}b}c}", "abc"),
        ("${M:-a:-b}", "a:-b"),
        ('${M:-{"k":1}}', '{"k":1}'),
        ("$(date) $1 5$", "$(date) $1 5$"),
    ],
)
def test_value(template: str, value: str) -> None:
    """Defaults, alternatives, nesting, literal dollars."""
    assert interpolate(template, _ENV) == value


@pytest.mark.parametrize("template", ["${MISSING:?say why}", "${EMPTY:?say why}", "${MISSING?say why}"])
def test_required(template: str) -> None:
    """A required variable that is missing is an error that carries the file's own words."""
    with pytest.raises(InterpolationError, match="say why"):
        interpolate(template, _ENV)


@pytest.mark.parametrize("template", ["${}", "${1}", "${A", "${A!b}", "${a.b}"])
def test_malformed(template: str) -> None:
    """What Compose refuses is refused, with a hint."""
    with pytest.raises(InterpolationError) as caught:
        interpolate(template, _ENV)
    assert "$$" in caught.value.hint


def test_deep_nesting_is_refused() -> None:
    """A file that nests without end is an error, not a crash."""
    with pytest.raises(InterpolationError, match="deep"):
        interpolate("${A:+" * 500 + "x" + "}" * 500, _ENV)


def test_references_have_places() -> None:
    """Every use is found with its place, those inside defaults too."""
    template = "x${A:-$B}y$C"
    found = [(use.name, template[use.start : use.end]) for use in references(template)]
    assert found == [("A", "${A:-$B}"), ("B", "$B"), ("C", "$C")]

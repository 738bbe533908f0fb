"""Which containers stand still once their first program is halted: those in which nothing else runs."""

import pytest

from avnwizard.domain.postgres.client_commands import Programs

_FIRST = "4711"


@pytest.mark.parametrize(
    ("lines", "still"),
    [
        ([("4711", "100", "Tsl")], True),
        ([("4711", "100", "Ssl")], False),
        ([("4711", "100", "T"), ("4720", "4711", "S")], False),
        ([("4711", "100", "T"), ("4720", "4711", "Z")], True),
        ([("4711", "100", "T"), ("4720", "4715", "S"), ("4715", "4711", "Z")], False),
        ([("4711", "100", "T"), ("4800", "100", "S"), ("4801", "4800", "R")], True),
        ([("4800", "100", "S")], False),
        ([], False),
        ([("4711", "T")], False),
    ],
)
def test_which_container_stands_still(lines: list[tuple[str, ...]], *, still: bool) -> None:
    """A child that runs may write on; one that has ended, and a health check's own program, do not count."""
    assert Programs.of(lines, _FIRST).stand_still is still

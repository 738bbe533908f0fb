"""Which plain YAML scalars of a compose file are numbers and booleans."""

import pytest

from avnwizard.domain.compose.document import read


@pytest.mark.parametrize("text", ["5s", "10m", "127.0.0.1", "8080:80", "truecolor", "1_000"])
def test_a_word_that_begins_like_a_number_or_a_boolean_stays_a_word(text: str) -> None:
    """`interval: 5s` is text, as Compose reads it."""
    assert read(f"value: {text}") == {"value": text}


def test_whole_numbers_and_booleans_are_values() -> None:
    """`retries: 3` and `internal: true` are not text."""
    assert read("a: 3\nb: true") == {"a": 3, "b": True}

"""Secrets as a release asks for them, and values that are none."""

import pytest

from avnwizard.domain.secret_asks import Asked, asked, too_weak


@pytest.mark.parametrize(
    ("key", "said", "wanted"),
    [
        ("API_SECRET", (), Asked(64, "hex")),
        ("API_SECRET", ("Generate one with `openssl rand -hex 16`.",), Asked(32, "hex")),
        ("API_SECRET", ("openssl rand\n-base64 32",), Asked(43, "letters and digits")),
        ("API_SECRET", ("a string of 32 characters",), Asked(32, "letters and digits")),
        ("API_SECRET", ("4 characters",), Asked(16, "letters and digits")),
        ("KRATOS_SECRETS_CIPHER", ("openssl rand -hex 64",), Asked(32, "letters and digits")),
    ],
)
def test_length_and_alphabet_are_what_the_release_asks(key: str, said: tuple[str, ...], wanted: Asked) -> None:
    """From its own words; made that long, of those characters, and each time another."""
    found = asked(key, said)
    assert found == wanted
    made = found.make().reveal()
    assert len(made) == wanted.length
    assert made.isalnum()
    assert made != found.make().reveal()
    assert not too_weak(made)


@pytest.mark.parametrize(
    "value",
    ["", "x", "Generate", "changeme", "changeme-changeme", "secret123", "0123456789abcde", "a" * 40, "ab" * 20],
)
def test_what_is_no_secret_is_said_why(value: str) -> None:
    """Short, well known, or the same few characters; the reason never quotes the value."""
    why = too_weak(value)
    assert why
    assert len(value) < 3 or value not in why

"""Env files are read as Compose reads them."""

import pytest

from avnwizard.domain.envfile import EnvEncodingError, EnvFile, EnvSyntaxError
from avnwizard.domain.interpolation import InterpolationError


def _read(text: str, **environment: str) -> dict[str, str]:
    return EnvFile.parse(text.encode()).as_dict(environment)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=plain", "plain"),
        ("A = spaced out ", "spaced out"),
        ("export A=x", "x"),
        ("A: yaml", "yaml"),
        ("A=a#b # comment", "a#b"),
        ("A=#x", "#x"),
        ("A=", ""),
        ('A="a # b" # c', "a # b"),
        ("A='$B \\n'", "$B \\n"),
        ("A='it\\'s'", "it's"),
        ('A="l1\\nl2\\t\\"q\\" \\\\ \\$B"', 'l1\nl2\t"q" \\ $B'),
        ('A="\\0101"', "A"),
        ('A="two\nlines"', "two\nlines"),
        ("A=\\$B", "\\"),
        ("A=x\r", "x"),
        ("A=${B:-d}", "d"),
        ("A=1\nA=2", "2"),
        ("B=1\nA=$B\nB=2", "1"),
    ],
)
def test_value(line: str, value: str) -> None:
    """Quotes, escapes, comments, interpolation, duplicates: checked against Compose 2.26."""
    assert _read(line + "\n")["A"] == value
    assert _read(line)["A"] == value, "the final newline makes no difference"


def test_two_statements_on_a_line() -> None:
    """Behind a quoted value Compose reads on."""
    assert _read("A='x' B=2\n") == {"A": "x", "B": "2"}


def test_byte_order_mark_and_crlf() -> None:
    """A file saved on Windows reads the same."""
    assert EnvFile.parse(b"\xef\xbb\xbfA=1\r\n# c\r\nB='x'\r\n").as_dict() == {"A": "1", "B": "x"}


def test_the_shell_wins_in_interpolation() -> None:
    """As with Compose, an outer variable is preferred to the file's own, and a bare name inherits."""
    assert _read("A=file\nB=$A\nC\n", A="shell", C="outer") == {"A": "file", "B": "shell", "C": "outer"}
    assert _read("C\n") == {}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('A=1\nB="x\n', 2, "never ends"),
        ("A=1\n\nB C=1\n", 3, "space"),
        ("# c\nA!=1\n", 2, "unexpected character"),
    ],
)
def test_syntax_error_says_the_line(text: str, line: int, what: str) -> None:
    """What Compose refuses is refused with its line and without a value."""
    with pytest.raises(EnvSyntaxError, match=what) as caught:
        EnvFile.parse(text.encode())
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "keys", "unread"),
    [
        ("/*\nA=1\n*/\n", ("A",), (1, 3)),
        ("\ufeffB C=1\r\nA=1\r\n", ("A",), (1,)),
        ("A='x' and more!\nB=1", ("A", "B"), (1,)),
        ('A="never\nB=1\n', ("B",), (1,)),
        ("one!", (), (1,)),
        ("A=1\n", ("A",), ()),
    ],
)
def test_a_release_file_survives_a_line_that_cannot_be_read(
    text: str, keys: tuple[str, ...], unread: tuple[int, ...]
) -> None:
    """The line is known by its number, the rest is read in its place, and no byte changes."""
    file = EnvFile.parse_release(text.encode())
    assert (file.keys(), file.unread) == (keys, unread)
    assert tuple(v.key for v in file.variables()) == keys
    assert file.to_bytes() == text.encode()


def test_errors_hold_no_secret() -> None:
    """A broken line's value is not repeated, since it may be a password."""
    with pytest.raises(EnvSyntaxError) as caught:
        EnvFile.parse(b"PASS WORD=hunter2\n")
    assert "hunter2" not in caught.value.message
    assert "hunter2" not in repr(EnvFile.parse(b"A=hunter2\n"))


def test_not_utf8_is_an_error_of_its_own() -> None:
    """Another encoding is named as such, with its line."""
    with pytest.raises(EnvEncodingError, match="line 2"):
        EnvFile.parse(b"A=1\nB=\xfc\n")


def test_a_file_that_doubles_itself_is_refused() -> None:
    """A few lines cannot fill the memory."""
    text = "A0=xxxxxxxxxx\n" + "".join(f"A{i}=$A{i - 1}$A{i - 1}\n" for i in range(1, 60))
    with pytest.raises(InterpolationError, match="too long"):
        _read(text)


def test_interpolation_error_names_variable_and_line() -> None:
    """A variable that cannot be filled is told with its place."""
    with pytest.raises(InterpolationError, match="line 2, B"):
        _read("A=1\nB=${X:?}\n")


def test_offers_are_commented_variables_and_no_prose() -> None:
    """`# NAME=value` is an offer; sentences, and names that are set anyway, are none."""
    text = "# Set FOO=1 to enable\n#OFFER=a b # why\n## Deep = x\n# export LAST=1\n# SET=0\nSET=1\n# a sentence = b\n"
    offers = {v.key: v.default for v in EnvFile.parse(text.encode()).offers()}
    assert offers == {"OFFER": "a b", "Deep": "x", "LAST": "1"}


def test_comments_belong_to_the_variable_below() -> None:
    """A variable carries the comment above it and the one behind it, not that of another block."""
    text = "# heading\n\n# one\n# two\nA=1 # three\nB=2\n"
    a, b = EnvFile.parse(text.encode()).variables()
    assert (a.comment, a.line, b.comment) == ("one\ntwo\nthree", 5, "")
    assert a.section == b.section == 1

"""Edits change the bytes they must, and no other byte."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from avnwizard.domain.envfile import EnvEditError, EnvFile

_KEYS = st.text(string.ascii_uppercase + "_", min_size=1, max_size=6)
_VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
_LINES = st.one_of(
    st.builds(lambda k, v: f"{k}={v}", _KEYS, st.text("abc123/:.-", max_size=8)),
    st.builds(lambda k, v: f"{k}='{v}' # c", _KEYS, st.text("abc $#\t", max_size=8)),
    st.builds(lambda k, v: f'export {k}="{v}"', _KEYS, st.text("abc \n#", max_size=8)),
    st.sampled_from(["", "# a comment", "#OFFER=1", "   ", "\t# x"]),
)
_FILES = st.builds(
    lambda lines, eol, bom, end: (bom + eol.join(lines) + (eol if end else "")).encode(),
    st.lists(_LINES, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\ufeff"]),
    st.booleans(),
)


@given(_FILES)
def test_reading_changes_nothing(data: bytes) -> None:
    """Bytes that were only read come back as they were."""
    assert EnvFile.parse(data).to_bytes() == data


@given(_FILES, _KEYS, _VALUES)
def test_any_value_reads_back(data: bytes, key: str, value: str) -> None:
    """Whatever is written, Compose's rules read exactly that value, and every other variable stays."""
    before = EnvFile.parse(data)
    after = EnvFile.parse(before.with_value(key, value).to_bytes())
    assert after.as_dict()[key] == value
    assert {k: v for k, v in after.as_dict().items() if k != key} == {
        k: v for k, v in before.as_dict().items() if k != key
    }


@given(_FILES, _VALUES)
def test_setting_touches_one_place(data: bytes, value: str) -> None:
    """What stands before and behind the value is byte-identical."""
    before = EnvFile.parse(data)
    assume(before.statements)
    last = next(s for s in reversed(before.statements) if s.key == before.statements[-1].key)
    body = before.text.removeprefix("\ufeff")
    after = before.with_value(last.key, value).text.removeprefix("\ufeff")
    assert after.startswith(body[: last.value_at])
    assert after.endswith(body[last.value_end :])


@given(_FILES, _KEYS)
def test_renaming_keeps_every_value(data: bytes, new: str) -> None:
    """Only the name changes, in place and for every duplicate."""
    before = EnvFile.parse(data)
    assume(before.statements and new not in before)
    old = before.statements[0].key
    after = EnvFile.parse(before.renamed(old, new).to_bytes())
    assert [new if k == old else k for k in before.keys()] == list(after.keys())  # noqa: SIM118 - no dict
    assert after.as_dict()[new] == before.as_dict()[old]


@given(_FILES)
def test_commenting_out_removes_only_that(data: bytes) -> None:
    """The variable is gone, the others have their values, and the file is still readable."""
    before = EnvFile.parse(data)
    assume(before.statements)
    key = before.statements[0].key
    after = EnvFile.parse(before.commented_out(key, note="was: gone\nsee above").to_bytes())
    assert after.as_dict() == {k: v for k, v in before.as_dict().items() if k != key}


def test_edits_as_an_operator_sees_them() -> None:
    """The four edits on one file, byte by byte."""
    file = EnvFile.parse(b"# mine\r\nA='1' # keep\r\nURL=http://${A}/\r\nOLD=x")
    assert file.with_value("A", "2").to_bytes() == b"# mine\r\nA='2' # keep\r\nURL=http://${A}/\r\nOLD=x"
    assert file.renamed("A", "B").to_bytes() == b"# mine\r\nB='1' # keep\r\nURL=http://${B}/\r\nOLD=x"
    assert file.commented_out("A", note="n").to_bytes() == (
        b"# mine\r\n# n\r\n# A='1' # keep\r\nURL=http://${A}/\r\nOLD=x"
    )
    assert file.appended("NEW", "a b$", comment="why").to_bytes().endswith(b"OLD=x\r\n# why\r\nNEW='a b$'\r\n")


def test_renaming_leaves_literal_dollars_alone() -> None:
    """References move with the name; single-quoted and escaped ones are text."""
    file = EnvFile.parse(b"A=1\nB=\"${A} \\${A} $A\"\nC='${A}'\nD=$$A ${Z:-$A}\n")
    assert file.renamed("A", "X").to_bytes() == b"X=1\nB=\"${X} \\${A} $X\"\nC='${A}'\nD=$$A ${Z:-$X}\n"


@pytest.mark.parametrize(
    "edit",
    [
        lambda f: f.renamed("NONE", "X"),
        lambda f: f.renamed("A", "B"),
        lambda f: f.renamed("A", "no name"),
        lambda f: f.commented_out("NONE"),
        lambda f: f.appended("A", "1"),
        lambda f: f.with_value("A", "nul\0"),
    ],
)
def test_impossible_edits_are_refused(edit: object) -> None:
    """An edit that would lose or break something is an error with a hint."""
    assert callable(edit)
    with pytest.raises(EnvEditError) as caught:
        edit(EnvFile.parse(b"A=1\nB=2\n"))
    assert caught.value.hint


def test_a_note_cannot_break_out_of_its_comment() -> None:
    """A hostile note stays a comment, its control characters visible."""
    after = EnvFile.parse(b"A=1\n").commented_out("A", note="x\rEVIL=1\x1b\nEVIL=2")
    assert after.keys() == ()
    assert b"\x1b" not in after.to_bytes()

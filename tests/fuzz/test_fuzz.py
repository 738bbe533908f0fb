"""Every reader of text from outside, given broken text: a value or one clear error, never a crash and never a stall.

`AVNWIZARD_FUZZ=2000` sets how many mutations each reader gets; a few dozen are the default, so that CI stays short.
"""

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from avnwizard.errors import WizardError
from tests.fuzz.reader import Reader
from tests.fuzz.release_readers import RELEASE_READERS
from tests.fuzz.state_readers import STATE_READERS
from tests.fuzz.tool_readers import TOOL_READERS

_READERS = {**RELEASE_READERS, **STATE_READERS, **TOOL_READERS}
_COUNT, _FULL = 40, int(os.environ.get("AVNWIZARD_FUZZ", "0"))
_SEED = 20261128
_STALL_S = 60
"""No time is measured: a reader that takes so long for one small text does not come back, or is of no use."""


@contextmanager
def _guarded() -> Iterator[None]:
    def stalled(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError("this reader does not come back")

    before = signal.signal(signal.SIGALRM, stalled)
    signal.alarm(_STALL_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _said(reader: Reader, text: str) -> str:
    """The error that a reader has of a text, "" for none."""
    try:
        with _guarded():
            reader.read(text)
    except WizardError as error:
        return f"{error.message} {error.hint}"
    return ""


@pytest.mark.parametrize("name", _READERS)
def test_broken_text_is_read_or_refused(name: str) -> None:
    """Whatever is broken, the error can be shown; anything else would be a bug of ours on the screen."""
    reader, chance = _READERS[name], random.Random(f"{_SEED} {name}")  # noqa: S311 - a test's own dice
    whole = reader.sample()
    assert _said(reader, whole) == "", "the sample itself is read"
    for number in range(_FULL or max(4, _COUNT // reader.share)):
        text = reader.breaks(whole, chance)
        try:
            said = _said(reader, text)
        except Exception as error:
            raise AssertionError(f"mutation {number} of {name}: {text[:3000]!r}") from error
        assert all(line.isprintable() for line in said.split("\n")), (number, said)

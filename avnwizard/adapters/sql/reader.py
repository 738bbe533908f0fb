"""Reads SQL texts through a child process: each text once, and never longer than the whole may take."""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from avnwizard.adapters.sql.child import Child
from avnwizard.adapters.sql.wire import LARGEST_BYTES, Limits, Made, question, read_answer, read_pieces
from avnwizard.domain.migrations import Judged
from avnwizard.domain.migrations.pieces import Pieces

T = TypeVar("T")
_LIMITS, _ALL_S = Limits(), 180.0
_SHORT = 1 << 16
"""A text of so few characters is kept as it is to be found again; of a longer one only its digest is."""


class ChildSqlReader:
    """The port `SqlReader`. The child starts with the first text, serves all, and is replaced when one kills it.

    What a text does depends on what the texts before it made. Those states are numbered, so that a text that was
    read once after the same ones is found again without being looked at.

    Args:
        limits: what one text may take.
        all_s: seconds for all texts of this reader's life; what is left then is not read.
    """

    def __init__(self, limits: Limits = _LIMITS, *, all_s: float = _ALL_S) -> None:
        self._limits, self._left_s = limits, all_s
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._states: list[Made] = [Made()]
        self._numbers: dict[Made, int] = {Made(): 0}
        self._known: dict[tuple[int, bytes | str], tuple[Judged, int]] = {}

    def judge(self, texts: Sequence[str]) -> tuple[Judged, ...]:
        """What each text does, in the order in which they run."""
        with self._lock:
            found: list[Judged] = []
            state = 0
            for text in texts:
                judged, state = self._judge(text, state)
                found.append(judged)
            return tuple(found)

    def cut(self, texts: Sequence[str]) -> tuple[Pieces, ...]:
        """The statements of each text, in the order in which they run; nothing is remembered."""
        with self._lock:
            found: list[Pieces] = []
            made = Made()
            for text in texts:
                if len(text.encode("utf-8", "surrogatepass")) > LARGEST_BYTES:
                    found.append(Pieces(problem=f"it is larger than {LARGEST_BYTES >> 20} MB"))
                    continue
                answer = self._answered(question(text, made, cut=True), read_pieces)
                found.append(Pieces(problem=answer) if isinstance(answer, str) else answer[0])
                made = made if isinstance(answer, str) else made | answer[1]
            return tuple(found)

    def _judge(self, text: str, state: int) -> tuple[Judged, int]:
        data = text.encode("utf-8", "surrogatepass") if len(text) > _SHORT else b""
        key = state, hashlib.sha256(data).digest() if data else text
        if key in self._known:
            return self._known[key]
        if len(data) > LARGEST_BYTES:
            return Judged(problem=f"it is larger than {LARGEST_BYTES >> 20} MB"), state
        if self._left_s <= 0:
            return Judged(problem="reading the other files took too long"), state
        started = time.monotonic()
        judged, made = self._ask(text, self._states[state])
        self._left_s -= time.monotonic() - started
        self._known[key] = judged, self._number(self._states[state] | made)
        return self._known[key]

    def _number(self, made: Made) -> int:
        if made not in self._numbers:
            self._numbers[made] = len(self._states)
            self._states.append(made)
        return self._numbers[made]

    def _ask(self, text: str, made: Made) -> tuple[Judged, Made]:
        """Ask the child. A text that killed one which had read others is tried once more by a fresh one."""
        found = self._answered(question(text, made), read_answer)
        return (Judged(problem=found), Made()) if isinstance(found, str) else found

    def _answered(self, asked: bytes, read: Callable[[bytes], T | None]) -> T | str:
        """What the child answers, or why it answers nothing."""
        while True:
            try:
                child = self._child = self._child or Child(self._limits)
            except OSError as error:
                return f"the process that reads SQL cannot be started: {error.strerror}"
            if (found := read(child.ask(asked))) is not None:
                return found
            self._child = None
            why, stalled = child.ended()
            if stalled or child.asked == 1:
                return why

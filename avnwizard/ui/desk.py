"""One thread that asks the host, one question after another, so that no screen ever waits for Docker or git.

The thread is a daemon: quitting never waits for a question under way (a thread worker of Textual's would).
"""

import itertools
import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from textual.message import Message
from textual.message_pump import MessagePump

from avnwizard.errors import WizardError

T = TypeVar("T")
NOW, LATER = 0, 1
"""How urgent a question is: what the operator waits for comes before what is nice to know."""


@dataclass
class Answered(Message):
    """A question was answered; `deliver` passes it to the asker, in the asker's own thread."""

    deliver: Callable[[], None]


class Desk:
    """Takes questions; each answer comes back as an `Answered` message to whoever asked."""

    def __init__(self) -> None:
        self._order = itertools.count()
        self._questions: queue.PriorityQueue[tuple[int, int, Callable[[], None]]] = queue.PriorityQueue()
        threading.Thread(target=self._work, name="desk", daemon=True).start()

    def ask(
        self,
        asker: MessagePump,
        question: Callable[[], T],
        then: Callable[[T], None],
        otherwise: Callable[[WizardError], None],
        *,
        urgency: int = NOW,
    ) -> None:
        """Ask; `then` gets the answer, `otherwise` what went wrong. Neither is called once the asker is gone."""
        self._questions.put((urgency, next(self._order), partial(_answer, asker, question, then, otherwise)))

    def is_idle(self) -> bool:
        """Whether nothing is asked and nothing under way."""
        return self._questions.unfinished_tasks == 0

    def _work(self) -> None:
        while True:
            _, _, task = self._questions.get()
            try:
                task()
            finally:
                self._questions.task_done()


def _answer(
    asker: MessagePump,
    question: Callable[[], Any],
    then: Callable[[Any], None],
    otherwise: Callable[[WizardError], None],
) -> None:
    if not asker.is_running:
        return
    try:
        deliver = partial(then, question())
    except WizardError as error:
        deliver = partial(otherwise, error)
    except Exception as error:  # noqa: BLE001 - shown by its place only: its text may hold a value of the env file
        last = traceback.extract_tb(error.__traceback__)[-1]
        told = f"A bug in avnwizard: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}."
        deliver = partial(otherwise, WizardError(told, "Nothing was changed. Please report it."))
    asker.post_message(Answered(deliver))

"""The log of a run as lines that fit: each with its time, wrapped, with a heading where another step speaks. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.ui.run_view import RunView

_LONGEST = 4000


@dataclass(frozen=True)
class Log:
    """Lines to show.

    Attributes:
        steps: for each line the step that it belongs to.
        found: the numbers of the lines that hold what is sought.
    """

    lines: tuple[Content, ...]
    steps: tuple[str, ...] = ()
    found: tuple[int, ...] = ()

    def last_of(self, step: str) -> int:
        """The number of a step's last line, of the last line at all where it said nothing."""
        mine = [number for number, one in enumerate(self.steps) if one == step]
        return mine[-1] if mine else len(self.lines) - 1


def speakers(view: RunView) -> tuple[str, ...]:
    """The steps that said something, in order: what the log can be narrowed to."""
    return tuple(dict.fromkeys(one.step for one in view.log))


def title_of(view: RunView, step: str) -> str:
    """A step's title, its name where it has none."""
    found = next((known.title for known in view.steps if known.name == step), step)
    return printable(found or "the run", limit=100)


def log_of(view: RunView, width: int, *, only: str | None = None, sought: str = "") -> Log:
    """The log in lines of a width.

    Args:
        only: the step whose words are shown; None for all.
        sought: marked wherever it stands, whatever its case; "" for nothing.
    """
    lines: list[Content] = []
    steps: list[str] = []
    found: list[int] = []
    step = None
    for one in view.log:
        if only is not None and one.step != only:
            continue
        if one.step != step:
            step = one.step
            lines.append(Content.assemble((title_of(view, step), "bold")))
        text = printable(one.text, limit=_LONGEST)
        if sought and sought.lower() in text.lower():
            found.append(len(lines))
        lines += _wrapped(words.time_of_day(one.at, to_the_second=True) or " " * 8, text, max(width, 30), sought)
        steps += [step] * (len(lines) - len(steps))
    return Log(tuple(lines), tuple(steps), tuple(found))


def _wrapped(at: str, text: str, width: int, sought: str) -> Sequence[Content]:
    """One line of the log: its time in front, and what does not fit below it, indented as far."""
    marked = marked_in(Content(text), sought)
    first, *rest = marked.wrap(width - len(at) - 2) or [Content("")]
    indent = " " * (len(at) + 2)
    return [Content.assemble((f"{at}  ", "dim"), first), *(Content.assemble(indent, line) for line in rest)]


def marked_in(text: Content, sought: str) -> Content:
    """A text with what is sought in reverse, wherever it stands."""
    plain, start = text.plain.lower(), 0
    while sought and (at := plain.find(sought.lower(), start)) >= 0:
        text = text.stylize("reverse", at, at + len(sought))
        start = at + len(sought)
    return text

"""The options that every verb takes, wherever they stand on the command line: how much is said, how, and where to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

Progress = Literal["auto", "plain", "json"]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Say nothing but errors, questions and what was asked for.")
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Print the whole plan before a question.")]
LogOption = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Append what is said to a file too, with times."),
]
ProgressOption = Annotated[
    Progress,
    typer.Option("--progress", help="How a run is watched: bars, plain lines, or a JSON object a line."),
]
_FLAGS = frozenset({"-q", "--quiet", "-v", "--verbose"})
_WITH_VALUE = frozenset({"--log", "--progress"})


def hoisted(words: Sequence[str]) -> list[str]:
    """The command line with these options in front of the verb, whose parser does not know them."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            rest += [word, *waiting]
        elif word in _FLAGS or word.partition("=")[0] in _WITH_VALUE:
            front.append(word)
            if word in _WITH_VALUE:
                front += [value for value in [next(waiting, None)] if value is not None]
        else:
            rest.append(word)
    return [*front, *rest]

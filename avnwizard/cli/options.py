"""The options that several verbs share."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli.output import MANNER

if TYPE_CHECKING:
    from avnwizard.flows.host import Host

StackOption = Annotated[
    Path,
    typer.Option("--stack", metavar="DIR", help="The stack's checkout. Default: here.", show_default=False),
]


def _json(value: bool) -> bool:
    MANNER.json = value
    return value


def as_dry_run(value: bool) -> bool:
    """Make what is said the answer, on stdout."""
    MANNER.dry_run = value
    return value


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.", callback=_json)]
ToOption = Annotated[str, typer.Option("--to", metavar="TAG", help="The release to upgrade to.")]
AnswersOption = Annotated[
    Path | None, typer.Option("--answers", metavar="FILE", help="Decisions, as `plan --write-answers` made ready.")
]
RunArgument = Annotated[str, typer.Argument(metavar="[RUN]", help="A run, or the beginning of its name.")]
HERE = Path()


@dataclass
class Where:
    """Where the stack is when a verb does not say it: what stands in front of the verb."""

    stack: Path = HERE


WHERE = Where()


def finite(value: float | None) -> float | None:
    """Refuse `nan`, which is neither too small nor too large for the bounds of an option, and the infinities."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter("must be a number")
    return value


def open_stack(directory: Path) -> "Host":
    """The stack in a directory; the adapters are imported here, not before."""
    from avnwizard.wiring import open_host

    return open_host(WHERE.stack if directory == HERE else directory)

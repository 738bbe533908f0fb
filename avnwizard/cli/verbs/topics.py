"""`help`: the documentation, over SSH, without a browser."""

import os
import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli.output import data_console, show_table
from avnwizard.docs import TOPICS, text_of, title_of
from avnwizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.models import CommandInfo

_JSON = re.compile(r"JSON(?: \((.+?)\))?: ")
"""Begins what a verb's help says of its JSON; in brackets, the options that it takes."""


def register(app: typer.Typer) -> None:
    """Add the verb; it reads the other verbs' own words, so it is registered last."""

    @app.command(name="help")
    def _help(
        topic: Annotated[str, typer.Argument(metavar="[TOPIC]", help="Without one, the topics are listed.")] = "",
        *,
        man: Annotated[bool, typer.Option("--man", help="Print the manual page: all verbs and topics.")] = False,
    ) -> int:
        """Show a help topic, such as security or troubleshooting; without one, list them."""
        if man:
            from avnwizard.cli.man import page

            sys.stdout.write(page(app, lambda name: whole(app, name)))
            return ExitCode.DONE
        return _show(app, topic)


def _show(app: typer.Typer, topic: str) -> int:
    if not topic:
        show_table(("topic", "what it is about"), [(name, title_of(text_of(name))) for name in TOPICS])
        data_console().print("\nRead one with: avnwizard help TOPIC. A verb's own options: avnwizard VERB --help")
        return ExitCode.DONE
    if topic not in TOPICS:
        raise UsageError(f"There is no help topic {topic!r}.", f"The topics: {', '.join(TOPICS)}")
    text = whole(app, topic)
    console = data_console()
    if not sys.stdout.isatty():
        console.print(text, end="")
        return ExitCode.DONE
    from rich.markdown import Markdown

    os.environ.setdefault("LESS", "FRX")  # as git does: colours as they are, no pager for what fits the screen
    with console.pager(styles="less" in os.environ.get("PAGER", "less")):
        console.print(Markdown(text))
    return ExitCode.DONE


def whole(app: typer.Typer, topic: str) -> str:
    """A topic's Markdown with what is generated from the code behind it."""
    text = text_of(topic)
    if topic == "configuration":
        from avnwizard.domain.config_sample import sample

        return f"{text}\n```toml\n{sample()}```\n"
    if topic == "screens":
        from avnwizard.cli.screen_pages import explained

        return text + "".join(explained())
    if topic == "keys":
        from avnwizard.cli.screen_pages import actions_told

        return text + "".join(actions_told())
    if topic == "json":
        return text + "".join(f"\n## {name}\n\n{shape}\n" for name, shape in json_shapes(app))
    return text


def json_shapes(app: typer.Typer, before: str = "") -> "Iterator[tuple[str, str]]":
    """(verb, what its JSON looks like) of every verb whose help says so, in the order of the command line."""
    for command in app.registered_commands:
        name, said = _of(command)
        if found := _JSON.search(said):
            needs = f"({found[1]}) " if found[1] else ""
            yield f"{before}{name}", needs + " ".join(said[found.end() :].split())
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from json_shapes(group.typer_instance, f"{group.name or group.typer_instance.info.name} ")


def _of(command: "CommandInfo") -> tuple[str, str]:
    call = command.callback
    name = command.name or (call.__name__ if call else "")
    return name, (call.__doc__ or "") if call else ""

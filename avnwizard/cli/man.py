"""The manual page: the verbs with their options, then every help topic, as `man` reads them.

Format: groff's man macros, man(7) and groff_man(7). The Markdown is read by markdown-it-py, as Rich reads it.
"""

import re
from collections.abc import Callable, Iterator

import typer
import typer.main
from markdown_it import MarkdownIt
from markdown_it.token import Token

from avnwizard import __version__
from avnwizard.docs import TOPICS

_HEAD = """.TH AVNWIZARD 1 "" "avnwizard {version}" "Upgrading self-hosted stacks"
.SH NAME
avnwizard \\- upgrade a self\\-hosted stack, and go back
.SH SYNOPSIS
.B avnwizard
.RI [ options ]
.RI [ verb
.RI [ arguments ]]
"""
_LEADING = re.compile(r"^([.'])", re.MULTILINE)
_SPACES = re.compile(r"\s+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_FONTS = {"strong_open": r"\fB", "em_open": r"\fI", "strong_close": r"\fR", "em_close": r"\fR"}


def page(app: typer.Typer, text_of: Callable[[str], str]) -> str:
    """The whole page as roff.

    Args:
        text_of: a topic's Markdown.
    """
    parts = [_HEAD.format(version=_plain(__version__)), ".SH VERBS\n", *_verbs(app)]
    for topic in TOPICS:
        parts.append(f".SH {_plain(topic.upper())}\n")
        parts.append(from_markdown(text_of(topic)))
    return "".join(parts)


def from_markdown(text: str) -> str:
    """Roff for a Markdown text: its title is left out, its further headings become subsections."""
    writer = _Writer()
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        writer.take(token)
    return "".join(f"{line}\n" for line in writer.lines)


def _plain(text: str) -> str:
    """Text in which nothing is an order to roff: no escape, no request at a line's start."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti")
    named = _BEYOND_ASCII.sub(lambda found: f"\\[u{ord(found[0]):04X}]", escaped)
    return _LEADING.sub(r"\\&\1", named)


class _Writer:
    """Turns tokens of markdown-it-py into lines of roff, one after another."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._lists: list[int] = []  # the number of the next item, 0 in a list without numbers
        self._cells: list[str] = []
        self._in_cell = self._in_title = self._after_bullet = False

    def take(self, token: Token) -> None:
        """Add what a token means."""
        match token.type.partition("_"):
            case ("heading", _, what):
                self._in_title = what == "open" and token.tag == "h1"
                self.lines += [".SS"] * (what == "open" and not self._in_title)
            case ("bullet" | "ordered" as kind, _, "list_open"):
                self._lists.append(int(kind == "ordered"))
            case ("bullet" | "ordered", _, "list_close"):
                self._lists.pop()
                self.lines.append(".PP")
            case ("list", _, "item_open"):
                self._item()
            case ("paragraph", _, "open"):
                self.lines += [".PP"] * (not self._after_bullet and not token.hidden)
                self._after_bullet = False
            case ("fence", _, _) | ("code", _, "block"):
                self.lines += [".PP", ".RS 4", ".nf", _plain(token.content.rstrip("\n")), ".fi", ".RE"]
            case ("th" | "td", _, what):
                self._in_cell = what == "open"
            case ("tr", _, "close"):
                self._row()
            case ("inline", _, _):
                self._text(_inline(token))
            case _:
                pass

    def _item(self) -> None:
        number = self._lists[-1]
        self._lists[-1] += bool(number)
        self.lines.append(f".IP {number}. 4" if number else r".IP \(bu 2")
        self._after_bullet = True

    def _row(self) -> None:
        first, *others = self._cells or [""]
        self.lines += [".TP", first or r"\&", "; ".join(filter(None, others)) or r"\&"]
        self._cells = []

    def _text(self, text: str) -> None:
        if self._in_cell:
            self._cells.append(text)
        elif not self._in_title:
            self.lines.append(text)


def _inline(token: Token) -> str:
    parts = []
    for one in token.children or ():
        if one.type == "text":
            parts.append(_plain(one.content))
        elif one.type == "code_inline":
            parts.append(rf"\fB{_plain(one.content)}\fR")
        elif one.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        else:
            parts.append(_FONTS.get(one.type, ""))
    return _LEADING.sub(r"\\&\1", _SPACES.sub(" ", "".join(parts)))


def _verbs(app: typer.Typer) -> Iterator[str]:
    group = typer.main.get_command(app)
    yield from _of("avnwizard", group)


def _of(name: str, command: object) -> Iterator[str]:
    commands = getattr(command, "commands", None)
    if commands:
        for below, one in commands.items():
            if not one.hidden:
                yield from _of(f"{name} {below}", one)
        return
    yield f".SS {_plain(name)}\n"
    said = (getattr(command, "help", "") or "").partition("JSON: ")[0]
    yield from_markdown(said)
    for parameter in getattr(command, "params", ()):
        told = _SPACES.sub(" ", str(getattr(parameter, "help", "") or "")).strip()
        is_option = parameter.param_type_name == "option"
        words = [*parameter.opts, *parameter.secondary_opts] if is_option else [parameter.name.upper()]
        names = ", ".join(words) + (f" {parameter.metavar}" if is_option and parameter.metavar else "")
        if told and not getattr(parameter, "hidden", False):
            yield f".TP\n\\fB{_plain(names)}\\fR\n{_plain(told)}\n"

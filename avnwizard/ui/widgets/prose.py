"""Markdown of unknown origin as styled text: every word of it is shown, none of it is obeyed.

Textual's own Markdown widget makes links that act; this keeps headings, lists, emphasis and code, and shows
everything else as it is written.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from textual.content import Content

from avnwizard.domain.plain import printable

_LONGEST = 200_000
_WORD = re.compile(r"[^\W_]{3,}")
_INLINE = {"strong_open": "bold", "em_open": "italic", "s_open": "strike"}


def prose(markdown: str) -> Content:
    """Markdown as content."""
    text = printable(markdown.replace("\t", "    "), keep_newlines=True, limit=_LONGEST)
    tokens = MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).parse(text)
    shown = Content("\n").join(_lines(tokens))
    # what Markdown keeps to itself (a link's title, too deep a list) may matter: then all is shown as written
    return shown if set(_WORD.findall(text)) <= set(_WORD.findall(shown.plain)) else Content(text)


def _lines(tokens: Sequence[Token]) -> Iterator[Content]:
    walk = _Walk()
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            walk.enter_list(token)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            yield from walk.leave_list()
        elif token.type == "list_item_open":
            walk.enter_item()
        elif token.type == "heading_open":
            walk.style = "bold underline" if token.tag in {"h1", "h2"} else "bold"
        elif token.type == "hr":
            yield Content.assemble(("─" * 20, "dim"))
        else:
            yield from walk.block(token)


class _Walk:
    """Where in the document the tokens are: how deep in lists, and what the next words are marked with."""

    def __init__(self) -> None:
        self.style = ""
        self._marker = ""
        self._numbers: list[int | None] = []

    def enter_list(self, token: Token) -> None:
        """A list begins; None counts bullets, a number the items."""
        self._numbers.append(None if token.type.startswith("bullet") else int(token.attrs.get("start") or 1))

    def leave_list(self) -> Iterator[Content]:
        """A list ends; the outermost with a blank line."""
        self._numbers.pop()
        if not self._numbers:
            yield Content("")

    def enter_item(self) -> None:
        """An item begins."""
        number = self._numbers[-1]
        self._marker = "• " if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1

    def block(self, token: Token) -> Iterator[Content]:
        """The words of a block, or its end."""
        depth = len(self._numbers)
        if token.type == "inline":
            yield from _inline(token, indent=2 * depth, marker=self._marker, style=self.style)
            self._marker = ""
        elif token.type in {"fence", "code_block", "html_block"}:
            for line in token.content.rstrip("\n").split("\n"):
                yield Content.assemble(" " * (2 * depth + 2), (line, "$accent"))
            yield Content("")
        elif token.type == "heading_close" or (token.type == "paragraph_close" and not depth):
            self.style = ""
            yield Content("")


def _inline(token: Token, *, indent: int, marker: str, style: str) -> Iterator[Content]:
    """The words of one block; a hard break begins a new line, a soft one is a space."""
    lead = " " * max(indent - 2, 0) + (marker or " " * min(indent, 2))
    parts: list[str | tuple[str, str]] = [lead]
    styles = [style] if style else []
    address = ""
    for child in token.children or ():
        if child.type in _INLINE:
            styles.append(_INLINE[child.type])
        elif child.type in {"strong_close", "em_close", "s_close"}:
            styles.pop()
        elif child.type == "link_open":
            address = str(child.attrs.get("href") or "")
        elif child.type == "link_close":
            parts.append((f" ({address})" if address else "", "dim"))
        elif child.type == "hardbreak":
            yield Content.assemble(*parts)
            parts = [" " * indent]
        else:
            parts.append(_words(child, styles))
    yield Content.assemble(*parts)


def _words(child: Token, styles: list[str]) -> str | tuple[str, str]:
    if child.type == "softbreak":
        return " "
    text = child.content
    if child.type == "code_inline":
        return (text, " ".join([*styles, "$accent"]))
    return (text, " ".join(styles)) if styles else text

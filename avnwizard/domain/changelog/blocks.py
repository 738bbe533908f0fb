"""Cuts a release's section into headings, bullets and paragraphs, in Markdown, reStructuredText or plain text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from avnwizard.domain.changelog.fences import fenced

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*")
_STARRED = re.compile(r" {0,3}\* (\w[^*]{2,60}?) \*[ \t]*")
"""A group's heading in plain text: `* New Features *`."""
_BOLD = re.compile(r" {0,3}(\*\*|__)((?:(?!\1).)+?)(\*\*|__)[ \t]*:?[ \t]*")
_RULER = re.compile(r" {0,3}([=\-~^\"'`.+*#])\1{2,}[ \t]*")
_BULLET = re.compile(r"([ \t]*)([-*+\u2022\u2013]|\(?\d{1,3}[.)])([ \t]+)(?=\S)")
_ALERT = re.compile(r" {0,3}(?:>\s*\[!(\w+)\]|!!!\+?\s*(\w+)|\?\?\?\+?\s*(\w+)|\.\.\s+(\w+)::|:::\s*(\w+))\s*(.*)")
_QUOTE = re.compile(r" {0,3}>[ \t]?")
_LINE_HEADING = re.compile(r"[A-Z][^\n.!?|]{2,60}?:?")
_MOST_WORDS = 7
BOLD_LEVEL, LINE_LEVEL = 7, 8
_STARRED_LEVEL = 6
_RULER_LEVELS = {"=": 1, "-": 2, "~": 3}


@dataclass
class Block:
    """A part of a section.

    Attributes:
        kind: `more` is a table, a fence or indented code: it belongs to what stands above.
        level: of a heading; 7 and 8 are a bold line and a bare one that stand for headings.
        alert: the word of an admonition that the block stands in (`warning`), "" elsewhere.
        children: a bullet's nested bullets; their text is part of `text`, and `first` is what stands before them.
    """

    kind: str
    text: str
    level: int = 0
    alert: str = ""
    first: str = ""
    children: "list[Block]" = field(default_factory=list)


def blocks(markdown: str) -> list[Block]:
    """Cut a section."""
    return list(_blocks(markdown.expandtabs(4).split("\n"), ""))


def _blocks(lines: list[str], alert: str) -> Iterator[Block]:
    fences, index = fenced(lines), 0
    while index < len(lines):
        line = lines[index]
        if index in fences:
            yield Block("more", "\n".join(lines[index : fences[index] + 1]))
            index = fences[index] + 1
        elif not line.strip():
            index += 1
        elif found := _heading(lines, index):
            yield Block("heading", found[0], found[1], alert)
            index += found[2]
        elif marked := _ALERT.fullmatch(line):
            end = _end_of_alert(lines, index)
            inner = [_QUOTE.sub("", one) for one in lines[index + 1 : end]]
            if marked[6] and not marked[6].startswith('"'):
                inner.insert(0, marked[6])
            yield from _blocks(_dedented(inner), next(word for word in marked.groups()[:5] if word).lower())
            index = end
        elif _QUOTE.match(line):
            end = next((i for i in range(index, len(lines)) if not _QUOTE.match(lines[i])), len(lines))
            yield from _blocks([_QUOTE.sub("", one) for one in lines[index:end]], alert)
            index = end
        elif _BULLET.match(line):
            end = _end_of_list(lines, index, fences)
            yield from _bullets(lines[index:end], alert)
            index = end
        elif line.startswith("    ") or line.lstrip().startswith("|"):
            end = _end_of_paragraph(lines, index, fences)
            yield Block("more", "\n".join(lines[index:end]), alert=alert)
            index = end
        else:
            end = _end_of_paragraph(lines, index, fences)
            yield Block("paragraph", "\n".join(lines[index:end]).strip(), alert=alert)
            index = end


def _heading(lines: list[str], index: int) -> tuple[str, int, int] | None:
    """Text, level and number of lines of a heading that begins here."""
    line = lines[index]
    if atx := _ATX.fullmatch(line):
        return atx[2], len(atx[1]), 1
    if starred := _STARRED.fullmatch(line):
        return starred[1], _STARRED_LEVEL, 1
    below = lines[index + 1] if index + 1 < len(lines) else ""
    ruler = _RULER.fullmatch(below)
    if ruler and not _RULER.fullmatch(line) and not _BULLET.match(line) and _blank(lines, index - 1):
        return line.strip(), _RULER_LEVELS.get(ruler[1], 4), 2
    if (bold := _BOLD.fullmatch(line)) and not _BULLET.match(line) and _blank(lines, index - 1):
        return bold[2].rstrip(":"), BOLD_LEVEL, 1
    few = len(line.split()) <= _MOST_WORDS
    if (
        few
        and _LINE_HEADING.fullmatch(line.rstrip())
        and _blank(lines, index - 1)
        and _list_follows(lines, index + 1)
    ):
        return line.strip().rstrip(":"), LINE_LEVEL, 1
    return None


def _blank(lines: list[str], index: int) -> bool:
    return index < 0 or not lines[index].strip() or bool(_RULER.fullmatch(lines[index]))


def _list_follows(lines: list[str], index: int) -> bool:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index < len(lines) and bool(_BULLET.match(lines[index]))


def _end_of_alert(lines: list[str], index: int) -> int:
    if lines[index].lstrip().startswith(">"):
        return next((i for i in range(index + 1, len(lines)) if not _QUOTE.match(lines[i])), len(lines))
    if lines[index].lstrip().startswith(":::"):
        return next((i + 1 for i in range(index + 1, len(lines)) if lines[i].strip() == ":::"), len(lines))
    return next((i for i in range(index + 1, len(lines)) if lines[i].strip() and lines[i][0] != " "), len(lines))


def _end_of_paragraph(lines: list[str], index: int, fences: dict[int, int]) -> int:
    end = index + 1
    while end < len(lines) and lines[end].strip() and end not in fences:
        if _ATX.fullmatch(lines[end]) or _BULLET.match(lines[end]) or _ALERT.fullmatch(lines[end]):
            break
        end += 1
    return end


def _end_of_list(lines: list[str], index: int, fences: dict[int, int]) -> int:
    """The line after a list's last one: a line that is neither a bullet, nor indented, nor goes on a line above."""
    end, blank = index + 1, False
    while end < len(lines):
        line = lines[end]
        if end in fences:
            if line[:1] != " ":
                return end
            end = fences[end] + 1
            continue
        if not line.strip():
            blank = True
        elif _ends_list(line, blank=blank):
            return end
        else:
            blank = False
        end += 1
    return end


def _ends_list(line: str, *, blank: bool) -> bool:
    if _ATX.fullmatch(line) or _STARRED.fullmatch(line):
        return True
    within = _BULLET.match(line) or line[0] == " "
    return not within and bool(blank or _ALERT.fullmatch(line) or _QUOTE.match(line))


def _bullets(lines: list[str], alert: str) -> Iterator[Block]:
    """The bullets of one list; those that are indented farther than the first lie within it."""
    top = _indent(lines[0])
    starts = [i for i, line in enumerate(lines) if _BULLET.match(line) and _indent(line) <= top + 1]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        marker = _BULLET.match(lines[start])
        inner = [lines[start][marker.end() :] if marker else lines[start], *_dedented(lines[start + 1 : end])]
        text = "\n".join(inner).strip()
        nested = next((i for i, line in enumerate(inner) if i and _BULLET.match(line)), len(inner))
        block = Block("bullet", text, alert=alert, first="\n".join(inner[:nested]).strip())
        if nested < len(inner):
            block.children = [one for one in _blocks(inner[nested:], alert) if one.kind == "bullet"]
        yield block


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _dedented(lines: list[str]) -> list[str]:
    least = min((_indent(line) for line in lines if line.strip()), default=0)
    return [line[least:] for line in lines]

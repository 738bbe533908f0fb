"""Finds what a release's section marks as breaking: under a heading, behind a marker, in a marked bullet."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from avnwizard.domain.changelog.fences import fenced
from avnwizard.domain.changelog.values import BreakingItem

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*")
_STARRED = re.compile(r"\* (\w[^*]{2,60}?) \*[ \t]*")
"""A group's heading in plain text: `* New Features *`."""
_STARRED_LEVEL = 6
_HINT = re.compile(
    r"breaking|incompatib|compatible|compatibility break|major changes|\U0001f4a5|:boom:|!:", re.IGNORECASE
)
_HEADING = re.compile(
    r"(?<!non-)(?<!non )(?<!no )\bbreaking\b"
    r"(?:\W*$|.*\b(?:change|deprecat|note|upgrade|release|api|item|remov)|[:&/,])"
    r"|backwards?[ -]incompatib|\bincompatible (?:api )?changes|\bcompatibility breaks?\b"
    r"|^\W*major changes\W*$|\U0001f4a5|:boom:",
    re.IGNORECASE,
)
_MAJOR = re.compile(r"\W*major changes\W*", re.IGNORECASE)
"""Marks what breaks, but not where the release has a heading for that."""
_LEGEND = re.compile(
    r"\bmark\w*\s+(?:\w+\s+){0,3}?(?P<sign>:\w+:|[\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?)"
    r"[^.\n]{0,40}?\b(?:breaking|incompatible|not (?:be )?(?:backwards?[ -])?compatible)",
    re.IGNORECASE,
)
"""A release's own words for its sign: `The changes marked with :warning: are not backward compatible`."""
_MARKER = re.compile(
    r"\W*(?:(?:\*\*|__)\W*)?(?:potentially )?"
    r"(?:breaking(?:[ -]changes?)?|backwards?[ -]incompatible changes?)"
    r"(?:\s*(?:&|and)\s*\w+)?\s*(?::\s*(?:\*\*|__)?|(?:\*\*|__):?)\s*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_CATEGORY = re.compile(
    r"[\W_]*(?::\w+:\W*)?(?:(?:new )?features?|added|(?:other )?change[sd]|(?:bugs? ?)?fix(?:es|ed)|bugs\b"
    r"|chores?|misc|documentation|docs|performance|(?:code )?refactor|code generation|reverts?|tests?"
    r"|unclassified|dependenc|build|continuous integration|ci\b|security|style|improve|enhance|contributors"
    r"|what'?s changed|related issue|checklist|highlights|epics|patch changes|minor changes|internal|other\b)"
    r"[^\n]{0,30}",
    re.IGNORECASE,
)
"""The other headings of usual changelogs: a breaking section ends there, however deep they are."""
_GOES_ON = re.compile(
    r"(?:this|these|that|those|it|they|to|if|in order|see|please|for example|instead"
    r"|note|previously|before|after|as|so|such|otherwise|however|also|e\.g|you|in this|in that)\b",
    re.IGNORECASE,
)
"""How a paragraph begins that says more of the one above."""
_PSEUDO_HEADING = re.compile(r"(?:\*\*|__)[^*_\n]+(?:\*\*|__):?|[^\n.]{1,60}:", re.DOTALL)
_MARKED_BULLET = re.compile(
    r"(?:\[[ x]\]\s*)?(?:[*_\[(`:\s]|\U0001f4a5|\u26a0|\ufe0f|\U0001f6a8|\u2757|\bboom:|\bwarning:)*"
    r"(?:potentially )?breaking(?:[ -]changes?)?\s*(?:[*_`\])]+\s*[:.!\u2013\u2014-]?|[:!\u2013\u2014]|-\s)"
    r"|\s*(?:\U0001f4a5|:boom:)"
    r"|\s*(?:\*\*)?[a-z]+(?:\([^)\n]*\))?!:",
    re.IGNORECASE,
)
_DRESSED = re.compile(
    r"(?<![*_\w])([*_]{1,2})(?:potentially )?breaking(?:[ -]changes?)?[:!]?\s*"
    r"(?::\w+:|[\u26a0\ufe0f\u2757]+)?[:!]?\1(?![*_\w])",
    re.IGNORECASE,
)
"""The mark as a word of its own, emphasised, anywhere in a bullet's first paragraph."""
_SHOUTED = re.compile(r"(?:\*\*|[\[(`])BREAKING(?:[ -]CHANGES?)?[:!]?(?:\*\*|[\])`])")
_NOTHING = re.compile(
    r"\W*(?:none|n/?a|nothing|no|tbd|todo|no (?:known )?breaking changes.*|there are no .*)\W*", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"\b(?:foo|bar|baz|lorem|ipsum)\b", re.IGNORECASE)
_FORM = re.compile(r"<!--|-->|\[ \]\s|^\W*(?:describe|please describe|list any) ", re.IGNORECASE)
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*\)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\[])")
_PLACEHOLDERS_OF_A_FORM = 2
_LONGEST_TITLE = 160


@lru_cache(maxsize=4096)  # each release's changelog repeats the sections of those before it
def breaking_items(markdown: str) -> tuple[BreakingItem, ...]:
    """Give what a section marks as breaking, in order, each once; pasted forms and "none" are no items."""
    if not _HINT.search(markdown):
        return ()
    found: dict[str, BreakingItem] = {}
    for item in _Walk(markdown).items():
        if not is_form(item.text):
            found.setdefault(squashed(item.text)[:_LONGEST_TITLE], item)
    return tuple(found.values())


@lru_cache(maxsize=16384)
def squashed(text: str) -> str:
    """A text without its markup and spacing, to tell whether two say the same."""
    return re.sub(r"[\W_]+", " ", _LINK.sub(lambda m: m[1], text)).strip().lower()


def is_form(text: str) -> bool:
    """Whether a text is a placeholder or a pasted form, and says nothing about the release."""
    words = {word.lower() for word in _PLACEHOLDER.findall(text)}
    return (
        bool(_NOTHING.fullmatch(text) or _FORM.search(text))
        or len(words) >= _PLACEHOLDERS_OF_A_FORM
        or not squashed(text)
    )


class _Walk:
    """One pass over a section's top-level blocks."""

    def __init__(self, markdown: str) -> None:
        self._parts = _parts(markdown.split("\n"))
        self._lines: list[str] = []
        self._tokens: list[Token] = []
        breaking = any(_HEADING.search(heading) and not _MAJOR.fullmatch(heading) for _, heading, _ in self._parts)
        self._major_is_none = breaking
        self._sign = legend["sign"] if (legend := _LEGEND.search(markdown)) else ""
        self._level: int | None = None
        self._by_marker = False
        self._group = ""
        self._prose: list[str] = []
        self._bullets = False

    def items(self) -> Iterator[BreakingItem]:
        """Give the marked items; a part that cannot hold one is not parsed."""
        for level, heading, lines in self._parts:
            if level:
                yield from self._flush()
                self._enter(level, heading)
            text = "\n".join(lines)
            if self._inside or self._sign or _HINT.search(text):
                self._lines, self._tokens = lines, _parser().parse(text)
                yield from self._part()
        yield from self._flush()

    def _part(self) -> Iterator[BreakingItem]:
        index = 0
        while index < len(self._tokens):
            token = self._tokens[index]
            end = _end_of_block(self._tokens, index)
            if token.type == "heading_open":
                yield from self._flush()
                self._enter(int(token.tag[1]), self._tokens[index + 1].content)
            elif token.type in {"bullet_list_open", "ordered_list_open"}:
                yield from self._list(index, end)
            elif token.type == "paragraph_open":
                yield from self._paragraph(self._tokens[index + 1].content)
            elif self._inside and self._prose and token.map:
                self._prose.append("\n".join(self._lines[token.map[0] : token.map[1]]))
            index = end + 1

    @property
    def _inside(self) -> bool:
        return self._level is not None

    def _enter(self, level: int, text: str) -> None:
        marked = bool(_HEADING.search(text)) and not (self._major_is_none and _MAJOR.fullmatch(text))
        deeper = self._level is not None and not self._by_marker and level > self._level
        if deeper and (marked or not _CATEGORY.fullmatch(text)):
            self._group = "" if marked else text
            return
        self._group, self._by_marker = "", False
        self._level = level if marked else None

    def _flush(self) -> Iterator[BreakingItem]:
        """Make the prose of a group an item: always with a heading of its own, else where no list follows."""
        if self._inside and self._prose and (self._group or not self._bullets):
            for text in ["\n\n".join(self._prose)] if self._group else _apart(self._prose):
                yield BreakingItem(f"{_plain(self._group)}: {_title(text)}" if self._group else _title(text), text)
        self._prose, self._bullets = [], False

    def _paragraph(self, content: str) -> Iterator[BreakingItem]:
        marker = _MARKER.fullmatch(content)
        if marker and not (self._inside and not self._by_marker):
            yield from self._flush()
            self._level, self._by_marker, self._group = 7, True, ""
            if marker["rest"].strip():
                yield BreakingItem(_title(marker["rest"]), marker["rest"])
                self._level = None
        elif self._by_marker and self._inside and (_PSEUDO_HEADING.fullmatch(content) or self._bullets):
            yield from self._flush()
            self._level = None
        elif self._inside:
            self._prose.append(content)

    def _list(self, start: int, end: int) -> Iterator[BreakingItem]:
        depth = self._tokens[start].level + 1
        for token in self._tokens[start:end]:
            if token.type == "list_item_open" and token.level == depth and token.map:
                text = _item_text(self._lines[token.map[0] : token.map[1]], token)
                first = text.partition("\n\n")[0]
                signed = bool(self._sign) and first.lstrip("*_ ").startswith(self._sign)
                if (
                    self._inside
                    or signed
                    or _MARKED_BULLET.match(first)
                    or _SHOUTED.search(first)
                    or _DRESSED.search(first)
                ):
                    yield BreakingItem(_title(text), text)
        self._bullets = True


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark")
    parser.core.ruler.disable(["inline", "text_join"], ignoreInvalid=True)
    return parser


def _parts(lines: list[str]) -> list[tuple[int, str, list[str]]]:
    """Cut a section at its ATX headings into (level, heading, lines); level 0 is what stands before."""
    fences, parts, index = fenced(lines), [(0, "", list[str]())], 0
    while index < len(lines):
        end = fences.get(index, index)
        heading = _ATX.fullmatch(lines[index]) if end == index else None
        starred = _STARRED.fullmatch(lines[index]) if end == index else None
        if heading:
            parts.append((len(heading[1]), heading[2], []))
        elif starred:
            parts.append((_STARRED_LEVEL, starred[1], []))
        else:
            parts[-1][2].extend(lines[index : end + 1])
        index = end + 1
    return parts


def _end_of_block(tokens: list[Token], index: int) -> int:
    level = tokens[index].level
    if tokens[index].nesting != 1:
        return index
    return next(i for i in range(index + 1, len(tokens)) if tokens[i].level == level and tokens[i].nesting == -1)


def _item_text(lines: list[str], token: Token) -> str:
    first = re.sub(rf"^\s*(?:\d+)?{re.escape(token.markup)}[ \t]?", "", lines[0])
    rest = [line.removeprefix("  ") for line in lines[1:]]
    return "\n".join([first, *rest]).strip()


def _apart(blocks: list[str]) -> list[str]:
    """Cut prose into what tells of one change each: a paragraph and what goes on about it."""
    out: list[str] = []
    for block in blocks:
        if out and (
            out[-1].endswith(":") or _GOES_ON.match(block) or block.startswith(("```", "~~~", "    ", "<", ">", "|"))
        ):
            out[-1] += "\n\n" + block
        else:
            out.append(block)
    return out


def _plain(text: str) -> str:
    return " ".join(_LINK.sub(lambda m: m[1], text).split())


def _title(text: str) -> str:
    first = _SENTENCE_END.split(_plain(re.split(r"\n\s*(?:\n|[-*+] )", text)[0]))[0]
    return first if len(first) <= _LONGEST_TITLE else first[: _LONGEST_TITLE - 1].rstrip() + "…"

"""Finds what a release's section marks as breaking, its notices, and the lines that only speak of compatibility."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from avnwizard.domain.changelog import marks
from avnwizard.domain.changelog.blocks import BOLD_LEVEL, Block, blocks
from avnwizard.domain.changelog.marks import Habits
from avnwizard.domain.changelog.values import BreakingItem, Notice
from avnwizard.domain.changelog.vocabulary import ALERTS, FORM_HEADINGS, GOES_ON, LEADS, compiled
from avnwizard.domain.changelog.wording import (
    LONGEST_TITLE,
    is_only_a_link,
    plain,
    says_nothing,
    squashed,
    title_of,
    without_trailers,
)

_GOES_ON = compiled(GOES_ON)
_FORM_HEADING = compiled(rf"\W*(?:{FORM_HEADINGS})\W*")
_LEADS = tuple(
    (kind, compiled(rf"\W*(?:\[?#?\d+\]?\S{{0,80}}\W+|[\w*./ -]{{1,24}}:\s+)?{lead}")) for kind, lead in LEADS
)
_ONLY_BOLD = re.compile(r"(?:\*\*|__)[^*_\n]+(?:\*\*|__):?|[^\n.]{1,60}:")
_GROUP_WORDS = 4
_HANDLING = BOLD_LEVEL
_LONGEST_DOUBT = 200


@dataclass(frozen=True)
class Reading:
    """What one section says.

    Attributes:
        doubts: lines that speak of compatibility and are no items.
    """

    items: tuple[BreakingItem, ...] = ()
    notices: tuple[Notice, ...] = ()
    doubts: tuple[str, ...] = ()


@lru_cache(maxsize=4096)  # each release's changelog repeats the sections of those before it
def read_section(markdown: str, known: Habits) -> Reading:
    """Read a section, each item once; pasted forms, trailers and "none" are no items."""
    walk = _Walk(known)
    walk.over(blocks(markdown))
    items: dict[str, BreakingItem] = {}
    for one in walk.items:
        text = without_trailers(one.text)
        if not says_nothing(text):
            items.setdefault(squashed(text)[:LONGEST_TITLE], BreakingItem(one.title, text))
    said = " ".join(squashed(one.text) for one in items.values())
    notices: dict[str, Notice] = {}
    for each in walk.notices:
        if not says_nothing(each.text) and squashed(each.text) not in said:
            notices.setdefault(squashed(each.text)[:LONGEST_TITLE], each)
    doubts = [plain(text)[:_LONGEST_DOUBT] for text in walk.doubts if not says_nothing(text)]
    kept = [text for text in dict.fromkeys(doubts) if squashed(text) not in said]
    return Reading(tuple(items.values()), tuple(notices.values()), tuple(kept))


class _Walk:
    """One pass over a section's blocks."""

    def __init__(self, known: Habits) -> None:
        self.items: list[BreakingItem] = []
        self.notices: list[Notice] = []
        self.doubts: list[str] = []
        self._known = known
        self._level: int | None = None
        """Of the heading that marks what stands below; None outside of one."""
        self._kind, self._kind_level = "", 0
        self._group = ""
        self._own: BreakingItem | None = None
        """A heading that is a change itself: what stands below is its text."""
        self._prose: list[str] = []
        self._by_marker = False
        self._listed = False
        self._introduction = True
        self._announced: list[Block] = []
        """Sentences that say of the whole release that something breaks: items where nothing else is one."""

    def over(self, parts: list[Block]) -> None:
        """Read all of them."""
        for index, part in enumerate(parts):
            if part.kind == "heading":
                self._heading(part, parts[index + 1] if index + 1 < len(parts) else None)
            elif self._own is not None:
                self._own = BreakingItem(self._own.title, f"{self._own.text}\n\n{part.text}")
            elif part.kind == "bullet":
                leading = self._prose.pop() if self._prose and self._prose[-1].endswith(":") else ""
                self._flush()
                self._bullet(part, leading)
                self._listed = True
            elif part.kind == "more" and self._prose and not says_nothing(part.text):
                self._prose[-1] += f"\n\n{part.text}"
            elif part.kind == "more":
                continue
            else:
                self._paragraph(part)
        self._flush()
        if self.items:
            self.notices += [Notice("important", title_of(one.text), one.text) for one in self._announced]
        else:
            self.items += [BreakingItem(title_of(one.text), one.text) for one in self._announced]

    def _heading(self, part: Block, below: Block | None) -> None:
        text = part.text
        if _FORM_HEADING.fullmatch(text):
            return
        if self._level is not None and part.level >= BOLD_LEVEL and _GOES_ON.match(text):
            self._inside(f"{text}:")
            return
        self._flush()
        marked = marks.heading_is_breaking(text, self._known)
        deeper = self._level is not None and part.level > self._level and not self._by_marker
        self._introduction = self._introduction and part.level >= BOLD_LEVEL and not marked
        self._listed = False
        if marked:
            self._enter(part, below, deeper=deeper)
        elif deeper and not marks.heading_is_category(text):
            self._group = text
        else:
            self._leave(part)

    def _enter(self, part: Block, below: Block | None, *, deeper: bool) -> None:
        rest = marks.heading_is_item(part.text)
        self._kind, self._by_marker = "", False
        if rest and (below is None or below.kind != "bullet"):
            self._own = BreakingItem(title_of(rest), plain(rest))
            self._level = None
            return
        self._group = rest
        if not deeper:
            self._level = part.level

    def _leave(self, part: Block) -> None:
        self._level, self._group, self._by_marker = None, "", False
        kind = marks.notice_heading(part.text)
        if kind or part.level <= self._kind_level or marks.heading_is_category(part.text) or not self._kind:
            self._kind, self._kind_level = kind, part.level if kind else 0
        self._doubt(part.text)

    def _flush(self) -> None:
        """Make the prose so far items, a paragraph each, what goes on about one with it."""
        if self._own is not None:
            self.items.append(self._own)
            self._own = None
        for text in self._prose:
            self._item(text)
        self._prose = []

    def _item(self, text: str) -> None:
        group = plain(self._group)
        titled = f"{group}: {title_of(text)}" if group else title_of(text)
        self.items.append(BreakingItem(titled, text))

    def _paragraph(self, part: Block) -> None:
        text = part.text
        rest = marks.paragraph_marker(text)
        if marks.is_legend(text):
            return
        if rest is not None and (self._level is None or self._by_marker):
            self._flush()
            if rest:
                self.items.append(BreakingItem(title_of(rest), rest))
                self._level = None
            else:
                self._level, self._by_marker, self._group = _HANDLING, True, ""
        elif self._level is not None and not (self._by_marker and self._listed):
            self._inside(text)
        else:
            if self._by_marker:
                self._level, self._by_marker = None, False
            self._outside(part)

    def _inside(self, text: str) -> None:
        if is_only_a_link(text) or says_nothing(text):
            return
        if self._prose and (self._prose[-1].endswith(":") or _GOES_ON.match(text)):
            self._prose[-1] += f"\n\n{text}"
        elif self._listed and not self._prose and _GOES_ON.match(text) and self.items:
            last = self.items[-1]
            self.items[-1] = BreakingItem(last.title, f"{last.text}\n\n{text}")
        else:
            self._prose.append(text)

    def _outside(self, part: Block) -> None:
        text = part.text
        if marks.paragraph_is_breaking(text):
            self.items.append(BreakingItem(title_of(text), text))
            return
        if marks.announces(text) or (self._introduction and marks.introduces(text)):
            self._announced.append(part)
            return
        self._noticed(part, text)

    def _noticed(self, part: Block, text: str) -> None:
        kind = ALERTS.get(part.alert, "") or self._kind or _lead(text)
        if not kind and part.kind == "paragraph" and marks.needs_hands(text):
            kind = "important"
        if kind:
            self.notices.append(Notice(kind, title_of(text), text))
        self._doubt(text)

    def _doubt(self, text: str) -> None:
        if line := marks.speaks_of_it(text):
            self.doubts.append(line)

    def _bullet(self, part: Block, leading: str) -> None:
        """Read a bullet; `leading` is a paragraph above the list that only leads to it."""
        if self._level is not None:
            before = len(self.items)
            for group, text in _changes(part, ""):
                self._item(f"{group}: {text}" if group else text)
            if leading and len(self.items) > before:
                first = self.items[before]
                self.items[before] = BreakingItem(first.title, f"{leading}\n\n{first.text}")
            return
        if marks.is_legend(part.first):
            return
        if marks.bullet_is_breaking(part.first, self._known):
            self.items.append(BreakingItem(title_of(part.first), part.text))
            return
        if marks.announces(part.first):
            self._announced.append(part)
            return
        found = [one for one in _below(part) if marks.bullet_is_breaking(one.first, self._known)]
        self.items += [BreakingItem(title_of(one.first), one.text) for one in found]
        self._noticed(part, part.text)


def _changes(part: Block, group: str) -> Iterator[tuple[str, str]]:
    """A bullet as one change; where it is only a group's name, its nested bullets."""
    first = part.first.strip()
    name = first.strip("*_: ")
    few = len(first.split()) <= _GROUP_WORDS and not re.search(r"[.\])\d]$", first)
    names = few or bool(_ONLY_BOLD.fullmatch(first))
    if part.children and names and "\n" not in first:
        for child in part.children:
            yield from _changes(child, f"{group}: {name}" if group else name)
    else:
        yield group, part.text


def _below(part: Block) -> Iterator[Block]:
    for child in part.children:
        yield child
        yield from _below(child)


def _lead(text: str) -> str:
    return next((kind for kind, pattern in _LEADS if pattern.match(text)), "")

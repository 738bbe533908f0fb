"""Changelog review: every breaking change is read and acknowledged by itself; nothing goes on before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from avnwizard.domain import words
from avnwizard.domain.answers import Decision
from avnwizard.domain.changelog import ChangelogRange, Section
from avnwizard.domain.migrations import MigrationVerdict
from avnwizard.domain.plain import printable
from avnwizard.ui import journey
from avnwizard.ui.log_lines import marked_in
from avnwizard.ui.marks import DECIDED, NOTE, OPEN
from avnwizard.ui.screens.page import Page
from avnwizard.ui.state import ACKNOWLEDGED
from avnwizard.ui.widgets.prose import prose
from avnwizard.ui.widgets.rows import Column, Row, Rows


@dataclass(frozen=True)
class Entry:
    """One thing to read: a breaking change or what runs otherwise (`decision`), or a release's notes."""

    id: str
    title: str
    text: str
    decision: Decision | None = None


def _told(verdict: MigrationVerdict) -> str:
    """Each statement with what it does to the live tables and to the old code, for reading as Markdown."""
    return "\n".join(
        f"- {PurePosixPath(one.file).name}:{one.line}, {one.kind.value}: {one.why}" for one in verdict.statements
    )


def _points(texts: Iterable[str]) -> list[str]:
    return [f"- {text}" for text in texts]


def _beside(section: Section) -> Iterator[Entry]:
    """What a release's notes say besides what they mark: notices, and lines that nobody can place."""
    if section.doubts:
        title = f"{section.version}: {words.count(len(section.doubts), 'line')} may mean that something breaks"
        yield Entry(f"doubts:{section.version}", title, "\n".join(_points(section.doubts)))
    if section.notices:
        title = f"{section.version}: {words.count(len(section.notices), 'notice')}"
        texts = _points(f"{one.kind}: {one.text}" for one in section.notices)
        yield Entry(f"notices:{section.version}", title, "\n".join(texts))


def _nothing_marked(changelog: ChangelogRange) -> Content:
    """That there is nothing to acknowledge, and how much that says."""
    if changelog.read == "read":
        said = "The changelog marks nothing as breaking. Read the notes, then go on."
        return Content(" ".join(filter(None, (said, changelog.origin))))
    if changelog.read == "partly read":
        why = "The changelog was read in part, and nothing in that is marked as breaking. Read the notes, then go on."
    else:
        why = "The changelog was not read: what breaks is unknown. Look at the release's own notes, then go on."
    said = " ".join(filter(None, (why, changelog.origin)))
    return Content.assemble((f"{NOTE.sign} {said}", NOTE.style))


class ChangelogPage(Page):
    """Reads and acknowledges."""

    CSS_PATH = "changelog.tcss"
    STAGE = "Changes"
    EXPLAINED = (
        "What changed between your release and the one that you chose. Breaking changes stand first, marked "
        "?; above them, services that run another image or configuration than your release's files say.\n\n"
        "Read each and press Space to say that you have; Space again takes it back. When none is left, Enter "
        "goes on. The notes of each release follow below them.\n\n"
        "/ searches all of it; n goes to the next place found. PageUp and PageDown scroll the text."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "acknowledge", "Read it", key_display="Space", id="acknowledge"),
        Binding("slash", "search", "Search", key_display="/", id="find"),
        Binding("n", "next_found", "Next", id="next"),
        Binding("pagedown", "turn(1)", show=False, priority=True),
        Binding("pageup", "turn(-1)", show=False, priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[Entry, ...] = ()
        self._sought = ""

    def body(self) -> ComposeResult:
        """What is left, the list, the text."""
        yield Static(id="left", classes="pane", markup=False)
        yield Rows([Column(width=1), Column()])
        yield Static(id="title", classes="label", markup=False)
        with VerticalScroll(id="text"):
            yield Static(id="words", classes="pane", markup=False)
        yield Input(id="search", placeholder="search the changelog", compact=True)

    def on_mount(self) -> None:
        """Fill the list."""
        super().on_mount()
        self.query_one("#search", Input).display = False
        self._entries = self._all()
        self._show()

    def _all(self) -> tuple[Entry, ...]:
        upgrade = self.choices.upgrade
        texts = {item.id: item for item in upgrade.draft.breaking}
        entries = []
        for one in upgrade.decisions(env=False):
            if item := texts.get(one.key):
                entries.append(Entry(one.id, item.title, item.text, one))
            else:  # what runs is not what the current release's files say
                entries.append(Entry(one.id, one.question, "\n".join((one.question, "", *_points(one.why))), one))
        verdict = upgrade.draft.migrations
        if verdict.statements or verdict.missing_folder:
            entries.append(
                Entry(
                    "migrations",
                    f"Migrations: {verdict.said(restorable=self.host.has_database)}",
                    _told(verdict),
                )
            )
        for section in upgrade.draft.changelog.versions:
            entries += _beside(section)
            date = f" of {section.date}" if section.date else ""
            title = f"Notes of {section.version}{date}"
            entries.append(Entry(f"notes:{section.version}", title, section.body_markdown))
        entries += [
            Entry(f"missing:{tag}", f"The changelog has no section for {tag}", "There is nothing to read for it.")
            for tag in upgrade.draft.changelog.missing
        ]
        return tuple(entries)

    def _show(self, *, at: str = "") -> None:
        upgrade = self.choices.upgrade
        rows = []
        for entry in self._entries:
            mark = Content(" ")
            if entry.decision:
                state = DECIDED if upgrade.answers.get(entry.decision) else OPEN
                mark = Content.assemble((state.sign, state.style))
            title = _plain_title(entry.title)
            rows.append(Row(entry.id, (mark, title if entry.decision else title.stylize("dim"))))
        self.query_one(Rows).show(rows, at=at)
        left, all_of_them = len(upgrade.open(env=False)), len(upgrade.decisions(env=False))
        if not all_of_them:
            told = _nothing_marked(upgrade.draft.changelog)
        elif left:
            told = Content.assemble(
                (
                    f"{OPEN.sign} {left} of {words.count(all_of_them, self._noun())} left to acknowledge",
                    OPEN.style,
                )
            )
        else:
            told = Content.assemble((f"{DECIDED.sign} All {all_of_them} {self._noun()}s acknowledged", DECIDED.style))
        self.query_one("#left", Static).update(told)
        self._show_text()
        self.show_keys()

    def _noun(self) -> str:
        """What is acknowledged; a stack that runs otherwise than its files say has more than breaking changes."""
        return "point" if self.choices.upgrade.draft.drifted.decisions() else "breaking change"

    def _show_text(self) -> None:
        entry = self._chosen()
        if not entry:
            return
        text = prose(entry.text)
        if self._sought:
            text = marked_in(text, self._sought)
        self.query_one("#title", Static).update(_plain_title(entry.title) if not entry.decision else "In full:")
        self.query_one("#words", Static).update(text)
        self.query_one("#text", VerticalScroll).scroll_home(animate=False)

    def _chosen(self) -> Entry | None:
        chosen = self.query_one(Rows).chosen
        return next((entry for entry in self._entries if entry.id == chosen), None)

    def words_for(self, binding: Binding) -> str:
        """Space takes an acknowledgement back where there is one."""
        entry = self._chosen()
        if binding.action == "acknowledge" and entry and entry.decision:
            return "Take back" if self.choices.upgrade.answers.get(entry.decision) else "I have read it"
        return super().words_for(binding)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space works on breaking changes, `n` after a search."""
        if action == "acknowledge" and self.is_mounted:
            entry = self._chosen()
            return bool(entry and entry.decision)
        return bool(self._sought) if action == "next_found" else True

    def on_option_list_option_highlighted(self) -> None:
        """Show the text of the one chosen."""
        self._show_text()
        self.show_keys()

    def action_acknowledge(self) -> None:
        """Acknowledge the breaking change shown, or take it back; then on to the next that is open."""
        entry, upgrade = self._chosen(), self.choices.upgrade
        if not entry or not entry.decision:
            return
        known = upgrade.answers.get(entry.decision)
        self.choices.upgrade = upgrade.decided(entry.decision, None if known else ACKNOWLEDGED)
        left = self.choices.upgrade.open(env=False)
        self._show(at=left[0].id if left and not known else entry.id)
        self.tell("" if left else "Enter goes on to the environment.")

    def action_go_on(self) -> None:
        """Go on, or to the first that is not acknowledged."""
        left = self.choices.upgrade.open(env=False)
        if left:
            self._show(at=left[0].id)
            self.warn(
                f"{words.count(len(left), self._noun())} left: read each, then press {self.key_of('acknowledge')}."
            )
            return
        self.app.push_screen(journey.following(self))

    def action_turn(self, pages: int) -> None:
        """Scroll the text by a page, wherever the focus is."""
        text = self.query_one("#text", VerticalScroll)
        text.scroll_relative(y=pages * max(text.size.height - 1, 1), animate=False)

    def action_search(self) -> None:
        """Open the search line."""
        line = self.query_one("#search", Input)
        line.display = True
        line.focus()

    def action_back(self) -> None:
        """Close the search line, else go back."""
        line = self.query_one("#search", Input)
        if line.display:
            self._close_search()
            return
        super().action_back()

    def _close_search(self) -> None:
        self.query_one("#search", Input).display = False
        self.query_one(Rows).focus()
        self.show_keys()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Look for it."""
        event.stop()
        self._sought = event.value.strip()
        self._close_search()
        self.action_next_found()

    def action_next_found(self) -> None:
        """Go to the next entry that holds what is sought."""
        if not self._sought:
            self._show_text()
            return
        ids = [entry.id for entry in self._entries]
        start = ids.index(self.query_one(Rows).chosen) if self.query_one(Rows).chosen in ids else -1
        found = [entry.id for entry in self._entries if _holds(entry, self._sought)]
        after = [one for one in found if ids.index(one) > start] or found
        if not after:
            self.warn(f"Nothing here says {self._sought!r}.")
            return
        self.query_one(Rows).go_to(after[0])
        self._show_text()
        self._scroll_to_found()
        self.tell(f"{self._sought!r} is in {len(found)} of {len(ids)} parts; {self.key_of('next')} goes to the next.")

    def _scroll_to_found(self) -> None:
        entry, text = self._chosen(), self.query_one("#text", VerticalScroll)
        lines = prose(entry.text).wrap(max(text.size.width - 3, 10)) if entry else []
        at = next((n for n, line in enumerate(lines) if self._sought.lower() in line.plain.lower()), 0)
        text.scroll_to(y=max(at - 1, 0), animate=False)


def _holds(entry: Entry, sought: str) -> bool:
    return sought.lower() in f"{entry.title}\n{prose(entry.text).plain}".lower()


def _plain_title(title: str) -> Content:
    """A title's words without the marks of Markdown around them."""
    lines = prose(printable(title, limit=300)).split("\n")
    return next((line for line in lines if line.plain.strip()), Content(""))

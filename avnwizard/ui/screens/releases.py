"""Tag selection: the releases newer than the current one, what each asks, and which is recommended."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.domain.signature import Standing
from avnwizard.errors import WizardError
from avnwizard.flows.upgrade import releases
from avnwizard.flows.upgrade.outlines import Outline, outline
from avnwizard.flows.upgrade.releases import Listing, Release
from avnwizard.ui import drafting, journey
from avnwizard.ui.desk import LATER
from avnwizard.ui.marks import NOTE, OK, STOP
from avnwizard.ui.screens.find import ListPage
from avnwizard.ui.widgets.rows import Column, Row, Rows

if TYPE_CHECKING:
    from avnwizard.domain.checkout import TagRef

_SIGNED = {Standing.VERIFIED: "ok", Standing.UNKNOWN: "?", Standing.BAD: "bad", Standing.UNCHECKED: "?"}
"""The column of signatures; a tag without one has none."""


class Fetched(Message):
    """The remote was asked; `trouble` is "" where it answered."""

    def __init__(self, trouble: str) -> None:
        super().__init__()
        self.trouble = trouble


class ReleasesPage(ListPage):
    """Chooses the target."""

    CSS_PATH = "releases.tcss"
    STAGE = "Release"
    EXPLAINED = (
        "The releases that are newer than yours, the newest first. The recommended one is marked.\n\n"
        "Migrations change the database. Env changes are settings that were added, renamed or removed. "
        "Breaking changes are those that the changelog marks as such; you read and acknowledge each on the "
        "next screen.\n\n"
        "Choosing a release changes nothing yet. New releases are looked for when this screen opens; without "
        "a connection the ones that are here can be used."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "fetch", "Fetch", id="fetch")]

    def __init__(self) -> None:
        super().__init__()
        self._current: TagRef | None = None
        self._asked = True
        self._releases: tuple[Release, ...] = ()
        self._outlines: dict[str, Outline] = {}
        self.fetching = False
        self._reading = False
        self._best = ""

    def body(self) -> ComposeResult:
        """The list, and what is to be known of the one chosen."""
        yield Static(id="here", classes="pane", markup=False)
        yield Rows(
            [Column(share=1), Column(width=10, least=70), Column(width=6), Column(share=2), Column(width=4, least=70)]
        )
        yield Static(id="about", classes="pane", markup=False)

    def on_mount(self) -> None:
        """Show what is here, and look for more."""
        super().on_mount()
        self._read()
        self.action_fetch()

    def _read(self, *, fetched: bool = False) -> None:
        def shown(found: Listing) -> None:
            self._reading = False
            self._show(found)
            if fetched:
                self.tell("The remote's releases are here.", OK)

        def unread(error: WizardError) -> None:
            self._reading = False
            self.refuse(error)

        self._reading = True
        self.ask_host(lambda: releases.listing(self.host), shown, unread)

    def action_fetch(self) -> None:
        """Ask the remote for new releases; in a thread of its own, since a remote may take minutes not to answer."""
        if self.fetching:
            return
        self.fetching = True
        self.tell("Fetching releases from the remote ...")
        threading.Thread(target=self._fetch, name="fetch", daemon=True).start()

    def _fetch(self) -> None:
        try:
            trouble = releases.fetch(self.host)
        except WizardError as error:
            trouble = error.message
        self.post_message(Fetched(trouble))

    def on_fetched(self, event: Fetched) -> None:
        """Say how it went, and show what came."""
        self.fetching = False
        self._asked = not event.trouble
        if event.trouble:
            self.warn(event.trouble)
        self._read(fetched=self._asked)

    def _show(self, found: Listing) -> None:
        self._current, self._releases = found.current, found.newer
        product = printable(self.host.config.stack.product, limit=40)
        here = f"{product} is at {printable(self._current.name)}. "
        many = words.count(sum(not one.apart for one in self._releases), "newer release")
        none = "No newer release." if self._asked else "No newer release is here; the remote may have one."
        left_out = words.count(len(found.left_out), "other tag")
        others = f" ({left_out} not listed)" if found.left_out else ""
        self.query_one("#here", Static).update(Content(here + (f"{many}:" if self._releases else none) + others))
        self._show_rows()
        for release in self._releases:
            if release.tag.name not in self._outlines:
                question = partial(outline, self.host, self._current, release.tag, self._releases[0].tag)
                self.ask_host(question, partial(self._outlined, release.tag.name), _ignore, urgency=LATER)

    def _outlined(self, tag: str, found: Outline) -> None:
        self._outlines[tag] = found
        self._show_rows()

    def _show_rows(self) -> None:
        best = next((one.tag.name for one in self._releases if one.recommended), "")
        known = self.query_one(Rows).chosen
        if known == self._best:
            known = ""  # nobody moved away from what was recommended: a fetch may recommend another
        self._best = best
        rows: list[Row] = []
        groups: set[str] = set()
        for one in self._releases:
            group = "Names with a word that nobody can put in order" if one.apart else f"Version {one.version.major}"
            if group not in groups:
                groups.add(group)
                rows.append(Row(f"heading {group}", (Content.assemble((group, "dim")),), True))
            rows.append(self._row(one))
        self.query_one(Rows).show(rows, at=known or best)
        self._show_about()

    def _row(self, one: Release) -> Row:
        mark = Content.assemble((f"{OK.sign} ", OK.style)) if one.recommended else Content("  ")
        found = self._outlines.get(one.tag.name)
        signed = _SIGNED.get(found.signature.standing, "") if found else ""
        return Row(
            one.tag.name,
            (
                Content.assemble(mark, printable(one.tag.name, limit=60)),
                Content.assemble((words.day(one.tag.date), "dim")),
                Content(one.kind),
                Content(_asks(found)),
                Content.assemble((signed, "dim")),
            ),
        )

    def on_option_list_option_highlighted(self) -> None:
        """Tell about the one chosen."""
        self._show_about()

    def _show_about(self) -> None:
        chosen, kept = self._chosen(), self.host.has_database
        about = _about(chosen, self._outlines.get(chosen.tag.name), kept=kept) if chosen else ""
        self.query_one("#about", Static).update(about)

    def _chosen(self) -> Release | None:
        return next((one for one in self._releases if one.tag.name == self.query_one(Rows).chosen), None)

    def action_go_on(self) -> None:
        """Read the chosen release, then show its changes."""
        chosen = self._chosen()
        if not chosen:
            waits = self._reading or self.fetching
            self.warn("The releases are still being read." if waits else "There is no newer release to go to.")
            return
        self.tell(f"Reading {chosen.tag.name} ...")
        known = self.choices.knows(chosen.tag.name)
        read = partial(drafting.read, self.host, chosen.tag.name, self.wizard.given, anew=not known)
        self.ask_host(read, self._drafted)

    def _drafted(self, found: drafting.Found) -> None:
        self.tell("")
        self.choices.take(found.draft)
        if found.answers is not None:
            self.choices.upgrade = found.decided()
            self.wizard.given = None
        elif found.saved:
            self.app.push_screen(drafting.question(found.saved, self.host.clock.now()), partial(self._offered, found))
            return
        self.app.push_screen(journey.following(self))

    def _offered(self, found: drafting.Found, wanted: bool | None) -> None:
        if wanted is None:
            return  # nothing of it is lost
        if wanted:
            self.choices.upgrade = found.decided()
        self.app.push_screen(journey.following(self))


def _ignore(_error: WizardError) -> None:
    """An outline that cannot be made is left out; choosing the release says why."""


def _asks(found: Outline | None) -> str:
    if not found:
        return ""
    parts = ["migrations not read" if found.files is None else words.count(found.files, "migration")]
    if found.env is not None:
        parts.append(f"{found.env} env")
    if found.read == "not read":
        parts.append("changelog not read")
    else:
        parts.append(f"{found.breaking} breaking{' at least' if found.read == 'partly read' else ''}")
    return ", ".join(parts)


def _about(one: Release, found: Outline | None, *, kept: bool) -> Content:
    """What a release means; `kept` is whether a snapshot can be taken of the database."""
    lines: list[Content] = []
    if one.recommended:
        lines.append(Content.assemble((f"{OK.sign} recommended: ", OK.style), one.note))
    elif one.note:
        lines.append(Content.assemble((f"{NOTE.sign} ", NOTE.style), one.note))
    if one.kind == "major":
        lines.append(Content("A major upgrade: read its breaking changes; settings may be renamed."))
    if found:
        if found.unread:
            unread = f"{words.count(len(found.unread), 'migration')} could not be read: {found.unread[0]}"
            lines.append(Content.assemble((f"{STOP.sign} ", STOP.style), printable(unread, limit=200)))
        if found.files is None:
            why = "Its migrations were not read: it has no folder of them. What they do to the database is unknown."
            lines.append(Content.assemble((f"{NOTE.sign} ", NOTE.style), why))
        if found.breaks_old_code:
            back = "going back then restores the snapshot" if kept else "no snapshot is taken, it cannot be undone"
            lines.append(
                Content.assemble(
                    (f"{NOTE.sign} ", NOTE.style), f"Its migrations change tables that the old code uses: {back}."
                )
            )
        elif found.files:
            lines.append(Content("Its migrations leave the old code working: going back needs no restore for them."))
        lines += _of_notes(found)
    if found:
        grave = found.signature.standing is Standing.BAD
        lines.append(Content.assemble((f"The tag {found.signature.sentence}.", STOP.style if grave else "dim")))
    return Content("\n").join(lines)


def _of_notes(found: Outline) -> Iterator[Content]:
    """What the release notes hold, and how far they were read."""
    if found.notices:
        yield Content(f"Its changelog has {words.count(found.notices, 'notice')} to read.")
    if found.read == "partly read":
        why = "Its changelog was read in part: it may break more than is marked."
        yield Content.assemble((f"{NOTE.sign} ", NOTE.style), why)
    if not found.told:
        yield Content.assemble((f"{NOTE.sign} ", NOTE.style), "The changelog has no section for it.")

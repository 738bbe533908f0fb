"""The command palette: everything that the page below can do now, found by typing a part of its name."""

from collections.abc import Iterator
from functools import partial

from textual.binding import Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider, SearchIcon
from textual.content import Content

from avnwizard.ui import keymap
from avnwizard.ui.screens.page import Page


class PageCommands(Provider):
    """What the keys of the page below do; what it does not allow now is not among it."""

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for words, binding in self._commands():
            yield DiscoveryHit(_row(Content(words), binding), partial(self._carry_out, binding), text=words)

    async def search(self, query: str) -> Hits:
        """Those whose words resemble what was typed."""
        matcher = self.matcher(query)
        for words, binding in self._commands():
            if (score := matcher.match(words)) > 0:
                row = _row(matcher.highlight(words), binding)
                yield Hit(score, row, partial(self._carry_out, binding), text=words)

    def _commands(self) -> Iterator[tuple[str, Binding]]:
        page = self.screen
        assert isinstance(page, Page)
        for binding in page.commands():
            yield page.words_for(binding), binding

    async def _carry_out(self, binding: Binding) -> None:
        """What a key does; the page may have changed since the palette was opened, so it is asked again."""
        page = self.screen
        assert isinstance(page, Page)
        if page.check_action(binding.action, ()):
            await page.run_action(binding.action)


def _row(words: Content, binding: Binding) -> Content:
    """What a command does, and its key."""
    return Content.assemble((f"{keymap.shown(binding):<9}", "$accent"), words)


class Palette(CommandPalette):
    """Textual's own palette, over a page."""

    CSS_PATH = "palette.tcss"

    def __init__(self) -> None:
        super().__init__([PageCommands], placeholder="What would you like to do?")

    def on_mount(self) -> None:
        """A sign that every terminal has, instead of a picture."""
        self.query_one(SearchIcon).icon = ">"

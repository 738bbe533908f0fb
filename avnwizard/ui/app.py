"""The app: holds the stack, the answers and the desk, and opens the first screen."""

import asyncio
import gc
import locale
import os
import signal
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter, Monochrome, NoColor

from avnwizard.domain.plain import printable
from avnwizard.engine.carried import apart
from avnwizard.engine.records import UNFINISHED, RunRecord
from avnwizard.errors import ExitCode
from avnwizard.flows.host import Host
from avnwizard.ui import drafting, keymap, terminal, themes
from avnwizard.ui.ascii_filter import AsciiFilter
from avnwizard.ui.desk import Answered, Desk
from avnwizard.ui.screens.ask import Ask
from avnwizard.ui.screens.page import Page
from avnwizard.ui.screens.stand import StandPage
from avnwizard.ui.state import Choices, Upgrade
from avnwizard.ui.wire.driver import ThriftyDriver

_STARTED_S = 3.0
"""By then every module that the first screens need is imported."""
NO_KEYS: Mapping[str, str] = MappingProxyType({})
"""Every action has the key that it has by itself."""
_FIRST_PAGE = 1
"""Its place in Textual's stack, above the default screen."""


class WizardApp(App[int]):
    """The wizard on one stack; its result is an `ExitCode`.

    Args:
        signs: whether the terminal can show more than ASCII.
        moment: seconds of a clock that never goes back; keys pressed too soon after a change are known by it.
        given: an answers file, its text and its name.
        keys: an action's name -> the key that the operator gave it.
    """

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", "Leave", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, priority=True),
        keymap.COMMANDS,
    ]

    def __init__(
        self,
        host: Host,
        *,
        theme: str = themes.OWN,
        signs: bool = True,
        moment: Callable[[], float] = time.monotonic,
        given: tuple[str, str] | None = None,
        keys: Mapping[str, str] = NO_KEYS,
    ) -> None:
        super().__init__()
        self.keys = keys
        self.host = host
        self.moment = moment
        self.choices = Choices(self._keep)
        self.given = given
        self.desk = Desk()
        self.outcome: int = ExitCode.DONE
        self.animation_level = "none"
        self.signs = signs
        self._first_theme = theme

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and ours last where the terminal cannot show the signs."""
        filters = [one for one in super().get_line_filters() if not isinstance(one, Monochrome)]
        if self.no_color:  # Textual chose its filter before our theme was set, and would send greys
            filters.append(NoColor())
        return filters if self.signs else [*filters, AsciiFilter()]

    def on_mount(self) -> None:
        """Open on the run that is live or unfinished, else on where the stack stands."""
        for own in themes.THEMES:
            self.register_theme(own)
        self.theme = self._first_theme
        self.set_keymap(dict(self.keys))
        self.push_screen(StandPage())
        if run := unfinished(self.host):
            from avnwizard.ui.screens.run import RunPage

            self.push_screen(RunPage(run.id))
        self.call_after_refresh(gc.freeze)
        self.set_timer(_STARTED_S, gc.freeze)  # else each full collection holds a keypress up for 50 to 130 ms

    def _fatal_error(self) -> None:
        """Textual's own report prints every local variable, and these may hold secrets: tell the place alone."""
        error = self._exception
        last = traceback.extract_tb(error.__traceback__)[-1] if error else None
        place = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}" if last else "an unknown place"
        self.outcome = ExitCode.BUG
        self._exit_renderables.append(Text(f"a bug in avnwizard: {place}. A run that was started goes on by itself."))
        self._close_messages_no_wait()

    def on_resize(self) -> None:
        """A terminal of another size may show anything."""
        if isinstance(self._driver, ThriftyDriver):
            self._driver.forget()

    def open_alone(self, page: Page) -> None:
        """Open a screen directly over the first: a run was started, the questions before it are answered."""
        while len(self.screen_stack) > _FIRST_PAGE + 1:
            self.pop_screen()
        self.push_screen(page)

    def heading(self) -> str:
        """The product, and the way it goes once a release is chosen."""
        product = printable(self.host.config.stack.product, limit=30)
        try:
            draft = self.choices.upgrade.draft
        except KeyError:
            return product
        return f"{printable(draft.current.name, limit=20)} → {printable(draft.target.name, limit=20)}"

    def _keep(self, upgrade: Upgrade) -> None:
        """Keep a decision in the background; that it cannot be kept is no reason to stop."""
        self.desk.ask(self, lambda: drafting.keep(self.host, upgrade), lambda _: None, lambda _: None)

    def on_answered(self, event: Answered) -> None:
        """Deliver an answer."""
        event.stop()
        event.deliver()

    @property
    def commands_key(self) -> str:
        """The key that opens the palette, as it is shown."""
        return keymap.shown(keymap.with_keys(keymap.COMMANDS, self.keys))

    def action_commands(self) -> None:
        """List what the page can do; a question over it is answered first."""
        if isinstance(self.screen, Page):
            from avnwizard.ui.palette import Palette

            self.push_screen(Palette())

    def action_leave(self) -> None:
        """Leave, from any screen."""
        self.leave()

    def leave(self) -> None:
        """Leave; a run goes on by itself. Answers that would be lost are asked about."""
        if self.choices.are_given and not isinstance(self.screen, Ask):
            told = "Your answers are kept for the next time, but for secrets that you typed."
            asked = Ask(f"Leave the wizard? Nothing was changed. {told}", yes="leave")
            self.push_screen(asked, lambda yes: self.exit(self.outcome) if yes else None)
            return
        self.exit(self.outcome)


def unfinished(host: Host) -> RunRecord | None:
    """The run to open on: the newest that is not finished."""
    return next((run for run in apart(host.journal()) if run.state in UNFINISHED), None)


def run_app(host: Host, given: tuple[str, str] | None = None, keys: Mapping[str, str] = NO_KEYS) -> int:
    """Open the wizard; return an `ExitCode` when the operator leaves it.

    Args:
        given: an answers file, its text and its name.
        keys: an action's name -> the key that the operator gave it.
    """
    locale.setlocale(locale.LC_CTYPE, "")
    signs = terminal.can_show_signs(os.environ)
    app = WizardApp(host, theme=terminal.theme(os.environ), signs=signs, given=given, keys=keys)
    app.driver_class = ThriftyDriver
    return asyncio.run(_opened(app))


async def _opened(app: WizardApp) -> int:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: app.exit(app.outcome))
    try:
        result = await app.run_async(mouse=False)
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
    return app.outcome if result is None else result

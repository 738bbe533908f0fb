"""The env file as it will be, against the file as it is; every secret masked."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain.plain import printable
from avnwizard.errors import WizardError
from avnwizard.ui.env_rows import env_diff, files_shown
from avnwizard.ui.screens.page import Sight
from avnwizard.ui.widgets.facts import Hanging

_STYLES = {"-": "$error", "+": "$success", " ": "", "@": "dim"}


class EnvDiffPage(Sight):
    """A text to look at."""

    CSS_PATH = "env_diff.tcss"
    AUTO_FOCUS = "VerticalScroll"
    STAGE = "Environment"
    EXPLAINED = (
        "Your env file as it will be written. + lines come, - lines go, the others stay as they are. Secrets "
        "are masked here; the file itself gets them, readable by you alone."
    )

    def body(self) -> ComposeResult:
        """The path, the lines."""
        yield Static(Content(printable(files_shown(self.host), limit=400)), id="path", classes="label", markup=False)
        with VerticalScroll():
            yield Hanging(id="lines")

    def on_mount(self) -> None:
        """Fill in the lines."""
        super().on_mount()
        self.query_one(Hanging).put(self._lines())

    def _lines(self) -> list[tuple[Content, Content]]:
        try:
            found = env_diff(self.choices.upgrade)
        except WizardError as error:
            return [(Content(""), Content(printable(f"{error.message} {error.hint}")))]
        lines = [
            (
                Content.assemble((f"{one.sign} ", _STYLES[one.sign])),
                Content.assemble((printable(one.text, limit=2000), _STYLES[one.sign])),
            )
            for one in found
        ]
        return lines or [(Content(""), Content("The file stays as it is."))]

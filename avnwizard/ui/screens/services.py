"""Every service with its image and whether it serves."""

from textual.app import ComposeResult
from textual.content import Content

from avnwizard.domain.plain import printable
from avnwizard.flows.stack.survey import Survey
from avnwizard.ui.marks import DONE, OK, STOP
from avnwizard.ui.screens.find import ListPage
from avnwizard.ui.screens.page import Sight
from avnwizard.ui.widgets.images import image_tag
from avnwizard.ui.widgets.rows import Column, Row, Rows


class ServicesPage(Sight, ListPage):
    """A list to look at."""

    EXPLAINED = (
        "Every service of the stack. A one-shot, such as a migration, is done when it has finished; any "
        "other serves when it runs and its health check says so."
    )

    def __init__(self, survey: Survey) -> None:
        super().__init__()
        self._survey = survey

    def heading(self) -> str:
        """What is listed."""
        return "Services"

    def body(self) -> ComposeResult:
        """The list."""
        yield Rows([Column(width=20), Column(width=12), Column()])

    def on_mount(self) -> None:
        """Fill the list."""
        super().on_mount()
        rows = []
        for one in self._survey.services:
            state = (
                Content.assemble((f"{STOP.sign} {printable(one.ailment)}", STOP.style))
                if one.ailment
                else (DONE.shown() if one.job else Content.assemble((f"{OK.sign} serves", OK.style)))
            )
            rows.append(Row(one.service, (Content(printable(one.service)), state, Content(image_tag(one.image)))))
        self.query_one(Rows).show(rows)

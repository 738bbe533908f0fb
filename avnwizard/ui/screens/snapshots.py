"""The snapshots that are kept."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.flows.snapshot import snapshots
from avnwizard.ui.screens.find import ListPage
from avnwizard.ui.screens.page import Sight
from avnwizard.ui.widgets.rows import Column, Row, Rows


class SnapshotsPage(Sight, ListPage):
    """A list to look at."""

    CSS_PATH = "snapshots.tcss"
    EXPLAINED = (
        "Each snapshot is a folder with a dump of every database, the roles, and the files of that time. "
        "Read back: every dump was read to its end. Restored: each was also restored elsewhere and compared.\n\n"
        "Rolling a run back restores from its own snapshot by itself; these folders are also plain files for "
        "your backups."
    )

    def heading(self) -> str:
        """What is listed."""
        return "Snapshots"

    def body(self) -> ComposeResult:
        """The list, and where the chosen one lies."""
        yield Rows([Column(width=16), Column(width=16), Column(width=8), Column(width=11), Column(least=70)])
        yield Static(id="where", markup=False, classes="pane")

    def on_mount(self) -> None:
        """Read the folder."""
        super().on_mount()
        self.ask_host(lambda: snapshots.all_whole(self.host.files, self.host.state.snapshots), self.show_kept)

    def show_kept(self, kept: list[snapshots.Kept]) -> None:
        """Put these snapshots in place of those that are there."""
        rows = [
            Row(
                str(folder),
                (
                    Content(words.moment(manifest.taken_at)),
                    Content(printable(manifest.tag)),
                    Content(words.size(manifest.size_bytes)),
                    Content(printable(manifest.proof)),
                    Content(words.count(len(manifest.databases), "database")),
                ),
            )
            for folder, manifest in kept
        ]
        self.query_one(Rows).show(rows)

    def on_option_list_option_highlighted(self) -> None:
        """Say where it lies."""
        self.query_one("#where", Static).update(Content(printable(self.query_one(Rows).chosen)))

"""The screens' own explanations as Markdown, so that `help screens` says what `?` says."""

from collections.abc import Iterator

from textual.binding import Binding

from avnwizard.ui import keymap
from avnwizard.ui.screens.changelog import ChangelogPage
from avnwizard.ui.screens.changes import ChangesPage
from avnwizard.ui.screens.done import DonePage
from avnwizard.ui.screens.env_diff import EnvDiffPage
from avnwizard.ui.screens.environment import EnvironmentPage
from avnwizard.ui.screens.fleet import FleetPage
from avnwizard.ui.screens.history import HistoryPage
from avnwizard.ui.screens.log import LogPage
from avnwizard.ui.screens.page import Page
from avnwizard.ui.screens.postgres import PostgresPage
from avnwizard.ui.screens.redo import RedoPage
from avnwizard.ui.screens.release_review import ReleaseReviewPage
from avnwizard.ui.screens.releases import ReleasesPage
from avnwizard.ui.screens.review import ReviewPage
from avnwizard.ui.screens.rollback import RollbackPage
from avnwizard.ui.screens.rotation import RotationPage
from avnwizard.ui.screens.run import RunPage
from avnwizard.ui.screens.secrets import SecretsPage
from avnwizard.ui.screens.services import ServicesPage
from avnwizard.ui.screens.snapshot import SnapshotPage
from avnwizard.ui.screens.snapshots import SnapshotsPage
from avnwizard.ui.screens.stand import StandPage

SCREENS: tuple[tuple[str, type[Page]], ...] = (
    ("Where you stand", StandPage),
    ("Release", ReleasesPage),
    ("Changes", ChangelogPage),
    ("Environment", EnvironmentPage),
    ("The env file as it will be", EnvDiffPage),
    ("Snapshot", SnapshotPage),
    ("Review", ReviewPage),
    ("Review of a release in a cluster", ReleaseReviewPage),
    ("What changes in the compose file", ChangesPage),
    ("Run", RunPage),
    ("Log", LogPage),
    ("Done", DonePage),
    ("Roll back", RollbackPage),
    ("Undo the rollback", RedoPage),
    ("Services", ServicesPage),
    ("Snapshots", SnapshotsPage),
    ("Fleet", FleetPage),
    ("Secrets", SecretsPage),
    ("A secret's next phase", RotationPage),
    ("Postgres", PostgresPage),
    ("History", HistoryPage),
)
"""In the order in which an operator meets them."""


def explained() -> Iterator[str]:
    """A section for each screen, with the keys that it adds to those of every screen."""
    for title, page in SCREENS:
        yield f"\n## {title}\n\n{page.EXPLAINED}\n"
        kinds = [kind for kind in page.__mro__ if issubclass(kind, Page) and kind is not Page]
        bound = [one for kind in kinds for one in vars(kind).get("BINDINGS", ())]
        own = [one for one in bound if isinstance(one, Binding) and one.show]
        keys = [f"- `{one.key_display or one.key}`: {one.description}" for one in own if one.description]
        if keys:
            yield "\n" + "\n".join(keys) + "\n"


def actions_told() -> Iterator[str]:
    """A table of the actions whose key can be changed: name, usual key, what it does, where."""
    yield "| action | key | what it does | screens |\n| --- | --- | --- | --- |\n"
    for name, binding in keymap.actions(page for _, page in SCREENS).items():
        on = [title for title, page in SCREENS if any(one.id == name for one in keymap.bound(page).values())]
        where = "every screen" if len(on) in {0, len(SCREENS)} else ", ".join(on)
        yield f"| `{name}` | `{keymap.shown(binding)}` | {binding.description} | {where} |\n"

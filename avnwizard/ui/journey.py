"""The way of an upgrade through the wizard: its stages in order, and the page that opens each.

A page says which stage it is of, and asks here for the next one. A new page is a stage and a line in `_pages`.
"""

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from avnwizard.ui.screens.page import Page

Stage = Literal["Release", "Changes", "Environment", "Snapshot", "Review", "Roll"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""As the title bar names them."""
FIRST: Stage = STAGES[0]


def opening(stage: Stage) -> "Page":
    """The page with which a stage begins.

    Raises:
        KeyError: the stage begins with a run, not with a page.
    """
    return _pages()[stage]()


def following(page: "Page", *, helm: bool = False) -> "Page":
    """The page that comes after one of an upgrade's.

    Args:
        helm: of a Helm release, whose review is another page.
    """
    assert page.STAGE is not None
    stage = STAGES[STAGES.index(page.STAGE) + 1]
    if stage == "Review" and helm:
        from avnwizard.ui.screens.release_review import ReleaseReviewPage

        return ReleaseReviewPage()
    return opening(stage)


def _pages() -> "Mapping[Stage, type[Page]]":
    """Imported when they are asked for: the first screen is there sooner, and a page may import this module."""
    from avnwizard.ui.screens.changelog import ChangelogPage
    from avnwizard.ui.screens.environment import EnvironmentPage
    from avnwizard.ui.screens.releases import ReleasesPage
    from avnwizard.ui.screens.review import ReviewPage
    from avnwizard.ui.screens.snapshot import SnapshotPage

    return {
        "Release": ReleasesPage,
        "Changes": ChangelogPage,
        "Environment": EnvironmentPage,
        "Snapshot": SnapshotPage,
        "Review": ReviewPage,
    }

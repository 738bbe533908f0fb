"""The way through the wizard is written down in one place."""

import pytest

from avnwizard.ui import journey
from avnwizard.ui.screens.changes import ChangesPage
from avnwizard.ui.screens.env_diff import EnvDiffPage
from avnwizard.ui.screens.page import Page
from avnwizard.ui.screens.run import RunPage


def _every(kind: type[Page]) -> set[type[Page]]:
    return {kind}.union(*(_every(one) for one in kind.__subclasses__()))


def test_each_page_leads_to_the_next_stage() -> None:
    """From the list of releases to the review, each stage once and in the order of the title bar."""
    page, passed = journey.opening(journey.FIRST), [journey.FIRST]
    while page.STAGE != "Review":
        page = journey.following(page)
        assert page.STAGE is not None
        passed.append(page.STAGE)
    assert (*passed, RunPage.STAGE) == journey.STAGES
    with pytest.raises(KeyError):
        journey.following(page)


def test_what_a_page_opens_besides_is_of_its_stage() -> None:
    """A page that only shows more of a stage does not lead on from another one."""
    assert (EnvDiffPage.STAGE, ChangesPage.STAGE) == ("Environment", "Review")
    named = {one.STAGE for one in _every(Page)} - {None}
    assert named == set(journey.STAGES)

"""What is said of the rows that a rollback saved."""

import pytest

from avnwizard.flows.steps.save_rows import explained


@pytest.mark.parametrize("exact", [True, False])
def test_lost_counts_are_told(*, exact: bool) -> None:
    """After a crash of the server nobody knows every table that was written to: the folder does not claim it."""
    text = explained([("rows-0.dump", "kratos__kept", ["public.sessions"])], exact=exact)
    assert "public.sessions" in text
    assert ("may not be all" in text) is not exact

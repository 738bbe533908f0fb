"""What is said of the rows that a rollback saved."""

import pytest

from avnwizard.flows.steps.save_rows import explained


@pytest.mark.parametrize("exact", [True, False])
def test_lost_counts_are_told(*, exact: bool) -> None:
    """After a crash of the server nobody knows every table that was written to: the folder does not claim it."""
    text = explained([("rows-0.dump", "kratos__kept", ["public.sessions"])], exact=exact)
    assert "public.sessions" in text
    assert ("may not be all" in text) is not exact


def test_the_commands_name_a_file_that_is_there() -> None:
    """The first file is not always rows-0: what an operator pastes must work."""
    text = explained([("rows-3.dump", "kratos__kept", ["public.sessions"])], exact=True)
    commands = [line.split() for line in text.splitlines() if "pg_restore" in line]
    assert [words[-1] for words in commands] == ["rows-3.dump"] * 2


def test_nothing_to_save_is_said() -> None:
    """No command for a file that is not there."""
    text = explained([], exact=True)
    assert "No table" in text
    assert "pg_restore" not in text

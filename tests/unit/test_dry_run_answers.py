"""A dry run's answer is on stdout, what is said alongside a document is not, and errors never are."""

import pytest

from avnwizard.cli import output
from avnwizard.cli.output import MANNER, say, show_error
from avnwizard.errors import RefusedError


@pytest.mark.parametrize(
    ("dry_run", "json", "where"), [(False, False, "err"), (True, False, "out"), (True, True, "err")]
)
def test_what_is_said_goes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dry_run: bool, json: bool, where: str
) -> None:
    """To stdout where nothing else was asked for."""
    monkeypatch.setattr(MANNER, "dry_run", dry_run)
    monkeypatch.setattr(MANNER, "json", json)
    say("three databases go back")
    show_error(RefusedError("no", "do this"))
    found = capsys.readouterr()
    assert ("three databases" in found.out, "three databases" in found.err) == (where == "out", where == "err")
    assert "error: no" in found.err
    assert "try: do this" in found.err
    assert "error" not in found.out


def test_a_quiet_dry_run_still_answers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`--quiet` takes the talk away, not the answer."""
    monkeypatch.setattr(output.MANNER, "quiet", True)
    say("talk")
    monkeypatch.setattr(output.MANNER, "dry_run", True)
    say("answer")
    found = capsys.readouterr()
    assert (found.out, found.err) == ("answer\n", "")

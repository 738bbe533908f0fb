"""The services of a run as lines: what each comes to is readable in any terminal."""

from dataclasses import replace

import pytest

from avnwizard.domain.instance import Instance
from avnwizard.engine.records import Action, RunRecord, StepRecord
from avnwizard.flows.flow import Touched
from avnwizard.ui import run_lines
from avnwizard.ui.run_view import RunView

_RUN = RunRecord("r", "upgrade", "v1 to v2", "", "", "running", 1, 100.0, 0.0, "", "")
_NARROW, _USUAL, _WIDE = (run_lines.services_room(columns) for columns in (76, 80, 120))


@pytest.mark.parametrize("asked", [frozenset(), frozenset({"pause"}), frozenset({"abort"})])
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_time_left_of_a_run_is_never_cut(asked: frozenset[Action], columns: int) -> None:
    """Whatever the state is called: beside it the steps done and the time left, and more where there is room."""
    names = [f"step {n}" for n in range(27)]
    steps = tuple(StepRecord("r", n, name, name, "pending", 0.0, 0.0, "", {}) for n, name in enumerate(names))
    done = tuple(
        replace(one, state="done", started_at=15.0 * one.index + 1, finished_at=15.0 * one.index + 16)
        for one in steps
    )
    view = RunView(_RUN, (*done[:21], *steps[21:]), live=True, settled=True, began=True, asked=asked)
    view = replace(view, expected=dict.fromkeys(names, 15.0))
    shown = run_lines.summary(view, 316.0, columns - 2)
    assert shown.cell_length <= columns - 2
    assert "about 1 min 30 s left" in shown.plain
    assert columns < 80 or "  21 of 27" in shown.plain


def _lines(room: int, *changes: tuple[str, str, str]) -> list[str]:
    touched = tuple(Touched(name, "surge", f"x/{name}:{old}", f"x/{name}:{new}") for name, old, new in changes)
    view = RunView(_RUN, instances=tuple(Instance(one.service, one.old, "running", "healthy") for one in touched))
    return [line.plain for line in run_lines.service_lines(view, touched, room)]


def test_the_way_is_left_out_before_a_version_is_cut() -> None:
    """Where there is room each line says how its service is replaced; else both versions stand there alone."""
    changes = ("oathkeeper", "v0.40.9", "v25.4.0"), ("keto", "v0.14.0", "v25.4.0")
    assert _lines(_WIDE, *changes)[1] == "✓ serves    keto       alongside v0.14.0→v25.4.0"
    assert _lines(_USUAL, *changes) == [
        "✓ serves    oathkeeper v0.40.9→v25.4.0",
        "✓ serves    keto       v0.14.0→v25.4.0",
    ]


@pytest.mark.parametrize("room", [_NARROW, _USUAL, _WIDE])
def test_what_a_service_comes_to_is_never_cut(room: int) -> None:
    """A long name with dates for tags: the old one goes before any of the new one does."""
    lines = _lines(room, ("minio-with-a-long-name", "2025-04-22T22-12-26Z", "2025-06-13T11-33-47Z"))
    assert all(len(line) <= room for line in lines) or not room
    assert lines[0].endswith("→2025-06-13T11-33-47Z")

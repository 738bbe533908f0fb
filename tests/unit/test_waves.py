"""Waves: which services are rolled at the same time, in which order, and what their steps do once for all."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.room import Room
from avnwizard.domain.strategy import is_job, roll_order
from avnwizard.domain.waves import Rolled, Wave, in_waves
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.runner import run_steps
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.roll.at_once import fitting
from avnwizard.planned import StepKind

_LIMIT_S = 20.0
DONE, HEALTHY = "service_completed_successfully", "service_healthy"
STACK = {
    "db": {},
    "auth-migrate": {"db": HEALTHY},
    "auth": {"auth-migrate": DONE},
    "app-migrate": {"db": HEALTHY},
    "api": {"app-migrate": DONE, "auth": HEALTHY},
    "risk": {"app-migrate": DONE},
    "audit": {"app-migrate": DONE},
    "web": {"api": HEALTHY},
    "docs": {},
}


def _model(depends: dict[str, dict[str, str]]) -> ComposeModel:
    services = {
        name: {"image": name, "depends_on": {dep: {"condition": how} for dep, how in deps.items()}}
        for name, deps in depends.items()
    }
    return model_from_config({"name": "x", "services": services})


def _waves(
    depends: dict[str, dict[str, str]], *, at_once: int = 9, breaking: tuple[str, ...] = (), light: str = ""
) -> list[Wave]:
    model = _model(depends)
    parts = [
        Rolled(name, job=is_job(model.services[name], model), light=name in light.split(), alone=name == "db")
        for name in roll_order(model)
    ]
    return list(in_waves(parts, model, at_once=at_once, breaking=breaking))


def test_what_does_not_depend_on_each_other_is_rolled_together() -> None:
    """One-shots come right before the first wave that waits for them; what waits for none fills the last of those."""
    assert _waves(STACK) == [
        Wave((), ("db",)),
        Wave(("app-migrate", "auth-migrate"), ("audit", "risk", "auth", "docs")),
        Wave((), ("api",)),
        Wave((), ("web",)),
    ]


def test_what_fails_on_the_new_schema_comes_right_after_it() -> None:
    """What it depends on was rolled before the migration, and nothing comes between."""
    assert _waves(STACK, breaking=("app-migrate",)) == [
        Wave((), ("db",)),
        Wave(("auth-migrate",), ("auth",)),
        Wave(("app-migrate",), ("audit", "risk", "api", "docs")),
        Wave((), ("web",)),
    ]


def test_no_more_at_once_than_are_allowed() -> None:
    """What fails goes first where not all can; nobody waits for what stays as it is."""
    waves = _waves(STACK, at_once=2, breaking=("app-migrate",), light="auth")
    assert waves == [
        Wave((), ("auth",)),
        Wave((), ("db",)),
        Wave(("app-migrate",), ("audit", "risk")),
        Wave(("auth-migrate",), ("api", "docs")),
        Wave((), ("web",)),
    ]


def test_a_job_that_nobody_waits_for_comes_last() -> None:
    """As without waves."""
    assert _waves({"b": {}, "a": {}, "tidy-init": {}}) == [Wave((), ("a", "b")), Wave(("tidy-init",), ())]


@pytest.mark.parametrize(
    ("available", "used", "count"),
    [(None, {}, 3), (0, {}, 1), (1 << 30, {}, 3), (1 << 30, {"a": 400 << 20, "b": 400 << 20}, 1)],
)
def test_free_memory_is_looked_at(available: int | None, used: dict[str, int], count: int) -> None:
    """As many as have room twice, and always one; all of them where nobody knows."""
    assert fitting(["a", "b", "c"], Room(2, available, used)) == count


class Meeting(Step):
    """Meets the others of its wave, and writes down what was done for whom."""

    kind = StepKind.ROLL
    undone_by = ()

    def __init__(self, name: str, seen: list[list[str]], *, wave: int = 1, fail: str = "") -> None:
        self.name, self.title, self.wave = name, f"roll {name}", wave
        self._seen, self._fail = seen, fail

    def probe(self, ctx: StepContext) -> Probe:
        """Never done by itself."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Fail before or at the meeting, or meet."""
        if self._fail == "before":
            raise StepError(f"{self.name} fails", "try again")
        ctx.together(1, self.name, self._act)

    def _act(self, names: Sequence[str]) -> None:
        self._seen.append(sorted(names))
        if self._fail == "there" or any(name.startswith("bad") for name in names):
            raise HostError(f"no luck with {len(names)}", "try again")


def _run(folder: Path, steps: list[Step], **how: object) -> tuple[str, Journal]:
    journal, feed = Journal(folder / "journal.db"), FeedWriter(folder / "feed")
    if not journal.runs():
        journal.create_run("r", kind="test", title="a test", plan="{}", steps=steps)
    return run_steps(journal, feed, journal.run("r"), steps, **how), journal  # type: ignore[arg-type]  # a callable


def test_a_wave_does_once_what_all_need(tmp_path: Path) -> None:
    """Its steps meet; each has its own states in the journal; a step of no wave comes after all of them."""
    seen: list[list[str]] = []
    steps: list[Step] = [*(Meeting(name, seen) for name in "abc"), Meeting("d", seen, wave=0)]
    state, journal = _run(tmp_path, steps)
    assert state == "done"
    assert seen == [["a", "b", "c"], ["d"]]
    records = journal.steps("r")
    assert {one.state for one in records} == {"done"}
    assert max(one.started_at for one in records[:3]) <= min(one.finished_at for one in records[:3])
    assert records[3].started_at >= max(one.finished_at for one in records[:3])


def test_one_that_fails_leaves_the_others_to_their_ends(tmp_path: Path) -> None:
    """They are done; the run stops with the name of the one that failed, which is all that a resumed run does."""
    seen: list[list[str]] = []
    steps: list[Step] = [
        Meeting("a", seen),
        Meeting("b", seen, fail="before"),
        Meeting("c", seen),
        Meeting("d", seen, wave=0),
    ]
    state, journal = _run(tmp_path, steps)
    assert state == "failed"
    assert [one.state for one in journal.steps("r")] == ["done", "failed", "done", "pending"]
    assert journal.run("r").message == "roll b: b fails"
    steps[1] = Meeting("b", seen)
    assert _run(tmp_path, steps)[0] == "done"
    assert seen == [["a", "c"], ["b"], ["d"]]


def test_what_fails_for_several_is_tried_for_each(tmp_path: Path) -> None:
    """Only the one that cannot have it fails."""
    seen: list[list[str]] = []
    state, journal = _run(tmp_path, [Meeting(name, seen) for name in ("a", "bad", "c")])
    assert state == "failed"
    assert [one.state for one in journal.steps("r")] == ["done", "failed", "done"]
    assert seen[0] == ["a", "bad", "c"]
    assert sorted(seen[1:]) == [["a"], ["bad"], ["c"]]


def test_as_many_as_there_is_room_for(tmp_path: Path) -> None:
    """The wave goes on with the next ones, and a pause or an abort counts in between."""
    seen: list[list[str]] = []
    asked: list[int] = []

    def at_once(steps: list[Step]) -> int:
        asked.append(len(steps))
        return 2

    steps: list[Step] = [Meeting(name, seen) for name in "abcde"]
    assert _run(tmp_path, steps, at_once=at_once)[0] == "done"
    assert seen == [["a", "b"], ["c", "d"], ["e"]]
    assert asked == [5, 3]


def test_an_abort_is_heeded_before_the_next_of_a_wave(tmp_path: Path) -> None:
    """What has begun ends; what has not, does not begin."""
    journal = Journal(tmp_path / "journal.db")
    seen: list[list[str]] = []

    class Aborting(Meeting):
        """Asks for the abort while it is at work."""

        def do(self, ctx: StepContext) -> None:
            """As an operator in another process."""
            super().do(ctx)
            if self.name == "a":
                journal.post("r", "abort")

    steps: list[Step] = [Aborting(name, seen) for name in "abcd"]
    state, _ = _run(tmp_path, steps, at_once=lambda _: 2)
    assert state == "aborted"
    assert [one.state for one in journal.steps("r")] == ["done", "done", "pending", "pending"]


def test_nobody_waits_for_one_that_goes_its_own_way(tmp_path: Path) -> None:
    """A step that left the wave is still at work when the others have met."""
    seen: list[list[str]] = []
    others_are_done = threading.Event()

    class Alone(Meeting):
        """Leaves the wave, and waits for the others to end."""

        def do(self, ctx: StepContext) -> None:
            """Would wait in vain if they waited for it."""
            ctx.go_alone()
            assert others_are_done.wait(_LIMIT_S)

    class Last(Meeting):
        """Tells when it has met the others."""

        def do(self, ctx: StepContext) -> None:
            """Meet."""
            super().do(ctx)
            others_are_done.set()

    assert _run(tmp_path, [Alone("a", seen), Last("b", seen)])[0] == "done"
    assert seen == [["b"]]

"""A flow of two steps, registered by this module alone: the package handles its runs without knowing of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import RefusedError, StepError
from avnwizard.flows.flow import Flow, Outcome, Touched
from avnwizard.flows.host import Host
from avnwizard.flows.run import going_back, launch, registry
from avnwizard.flows.run.pruning import needed_by
from avnwizard.flows.run.report import report
from avnwizard.planned import StepKind
from avnwizard.practice.host import PracticeHost
from avnwizard.ui.app import WizardApp
from avnwizard.wiring import open_host
from screenshots.scenes import drawn, opened, press, settle
from tests.ui.conftest import USUAL


class _Flag(Step):
    """Puts up a flag, a file; fails as long as there is a file that says so."""

    kind = StepKind.OTHER

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.title, self.file = name, f"Put up the flag {name}", folder / f"{name}.flag"

    def probe(self, ctx: StepContext) -> Probe:
        """Done when it is up."""
        return Probe.DONE if self.file.exists() else Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Put it up."""
        if self.file.with_suffix(".storm").exists():
            raise StepError("There is a storm.", "Wait, then resume.")
        with ctx.effect("flag"):
            self.file.write_text(self.file.read_text() + "x" if self.file.exists() else "x")

    def undo(self, ctx: StepContext) -> None:
        """Take it down."""
        self.file.unlink(missing_ok=True)

    def undone(self, ctx: StepContext) -> Probe:
        """Done when it is down."""
        return Probe.NOT_DONE if self.file.exists() else Probe.DONE


class _Flags(Flow):
    """Two flags; the plan is the names."""

    kind, noun, doing, finished = "flags", "flagging", "putting up flags", "The flags are up"
    subjects = frozenset({"flags"})
    way_back = "undo"

    def __init__(self, snapshot: Path) -> None:
        self._snapshot = snapshot

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """One for each name."""
        return [_Flag(host.state.folder, name) for name in json.loads(run.plan)]

    def snapshot(self, run: RunRecord) -> Path | None:
        """It says that it needs one."""
        return self._snapshot

    def touched(self, journal: Journal, run: RunRecord) -> tuple[Touched, ...]:
        """One service."""
        return (Touched("docs", "flagged", "docs:v1", "docs:v2"),)

    def facts(self, journal: Journal, run: RunRecord, steps: object) -> list[str]:
        """A line of its own."""
        return ["- flags: two"]

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """A fact of its own."""
        return Outcome((("Flags", "two"),), tomorrow=("look whether they hang straight",))


@pytest.fixture
def host(practice_host: PracticeHost) -> Iterator[Host]:
    """A practice stack; the flow is known for the length of a test."""
    found = open_host(practice_host.project.directory)
    registry.register(_Flags(found.state.snapshots / "20260101-needed"))
    yield found
    registry.forget(_Flags.kind)


def _flag(host: Host, name: str) -> Path:
    return host.state.folder / f"{name}.flag"


def _create(host: Host) -> str:
    return launch.create(host, "flags", title="two flags", plan=json.dumps(["red", "blue"]))


def test_it_runs_and_resumes(host: Host) -> None:
    """A step that fails is done once more, the one before it is not; the report is the flow's own."""
    storm = _flag(host, "blue").with_suffix(".storm")
    storm.parent.mkdir(parents=True, exist_ok=True)
    storm.touch()
    run = _create(host)
    assert launch.carry(host, run) == "failed"
    assert (_flag(host, "red").exists(), _flag(host, "blue").exists()) == (True, False)
    with pytest.raises(RefusedError, match="is unfinished"):
        _create(host)
    storm.unlink()
    assert launch.carry(host, run) == "done"
    assert _flag(host, "red").read_text() == "x"
    text = report(host, host.journal(), run)
    assert "# two flags" in text
    assert "- flags: two" in text
    assert "| 2 | Put up the flag blue | done |" in text
    assert (host.state.run(run) / "report.html").exists()


def test_it_is_taken_back(host: Host) -> None:
    """By its steps' own undo, the last one first, and only those that were begun; then nothing more."""
    storm = _flag(host, "blue").with_suffix(".storm")
    storm.parent.mkdir(parents=True, exist_ok=True)
    storm.touch()
    run = _create(host)
    launch.carry(host, run)
    journal = host.journal()
    record = journal.run(run)
    assert going_back.by_its_steps(record)
    back = launch.create_undo(host, record)
    assert [step.name for step in journal.steps(back)] == ["undo:blue", "undo:red"]
    assert launch.carry(host, back) == "done"
    assert not _flag(host, "red").exists()
    assert (journal.run(run).state, journal.run(back).state) == ("undone", "done")
    with pytest.raises(RefusedError, match="rolled back already"):
        launch.create_undo(host, journal.run(run))
    with pytest.raises(RefusedError, match="is itself a rollback"):
        launch.create_undo(host, journal.run(back))


def test_what_it_needs_is_kept_and_what_crosses_it_is_refused(host: Host) -> None:
    """Pruning spares its snapshot; a run is not taken back across a later one that changed the same."""
    first = _create(host)
    launch.carry(host, first)
    assert needed_by(host) == {host.state.snapshots / "20260101-needed": f"run {first}"}
    second = _create(host)
    launch.carry(host, second)
    journal = host.journal()
    with pytest.raises(RefusedError, match=f"A later run, {second} \\(flagging\\), changed flags too"):
        launch.create_undo(host, journal.run(first))
    launch.carry(host, launch.create_undo(host, journal.run(second)))
    launch.create_undo(host, journal.run(first))


def test_a_run_of_an_unknown_kind_is_refused(host: Host) -> None:
    """As one that a newer version made: it says so, and which version to use."""
    run = _create(host)
    registry.forget("flags")
    with pytest.raises(RefusedError, match="does not know: flags"):
        launch.carry(host, run)


async def test_its_run_on_the_screens(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run page names its service and its way back; once done, its own facts are shown; the menu takes it back."""
    storm = _flag(host, "blue").with_suffix(".storm")
    storm.parent.mkdir(parents=True, exist_ok=True)
    storm.touch()
    run = _create(host)
    launch.carry(host, run)
    async with opened(host.repo.directory, USUAL) as pilot:
        await settle(pilot)
        shown = _drawn(pilot)
        for text in ("two flags", "Put up the flag blue", "docs", "flagged", "There is a storm.", "undoes the steps"):
            assert text in shown, shown
    storm.unlink()
    launch.carry(host, run)
    started = list[str]()

    def start(_host: Host, run: str) -> object:
        started.append(run)  # a process of its own would know only the flows of the package
        return SimpleNamespace(poll=lambda: 0)

    monkeypatch.setattr("avnwizard.ui.taking_back.launch.start", start)
    async with opened(host.repo.directory, USUAL) as pilot:
        await settle(pilot)
        assert "undo two flags" in _drawn(pilot)
        await press(pilot, "down", "enter")
        await settle(pilot)
        for text in ("Take two flags back? In this order: Undo: Put up the", "flag blue; Undo: Put up the flag red."):
            assert text in _drawn(pilot)
        await press(pilot, "enter")
    (back,) = started
    assert launch.carry(host, back) == "done"
    assert not _flag(host, "red").exists()


def _drawn(pilot: Pilot[int]) -> str:
    assert isinstance(pilot.app, WizardApp)
    return drawn(pilot.app)

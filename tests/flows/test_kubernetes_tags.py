"""A Helm upgrade to a release tag: values renamed one by one, the checkout moved, and both taken back."""

from pathlib import Path

import pytest
import yaml

from avnwizard.domain.answers import Answers
from avnwizard.domain.config_kubernetes import KubernetesSection
from avnwizard.domain.secret import Secret
from avnwizard.errors import RefusedError
from avnwizard.flows.kubernetes import drafting
from avnwizard.flows.kubernetes.drafting import HelmDraft
from avnwizard.flows.kubernetes.flow import UpgradeKubernetes
from avnwizard.flows.kubernetes.plan import from_json, to_json
from avnwizard.flows.kubernetes.preparing import PreparedRelease, prepare_release
from avnwizard.flows.run.orders import order_release
from avnwizard.flows.upgrade.planning import OpenDecisionsError
from tests.flows.kubernetes_tags import OWN_VALUES, TaggedWorld, git, tagged_world
from tests.flows.test_kubernetes_crashes import KubeProcess, _killed

_WRITTEN = """\
# mine
gateway:
  drainSeconds: 7  # seven
log:
  level: debug
secrets:
  system: not-a-real-secret-0123456789
"""


@pytest.fixture
def world(tmp_path: Path) -> TaggedWorld:
    """A checkout at v1.5.0 with the operator's own values file."""
    return tagged_world(tmp_path / "checkout")


def _accepted(draft: HelmDraft) -> Answers:
    """Every proposal taken, and every breaking change acknowledged."""
    return Answers().accepting(draft.decisions(Answers()))


def _prepared(world: TaggedWorld, home: Path) -> PreparedRelease:
    host = world.host(home)
    draft = drafting.draft(host, "v2.0.0")
    return prepare_release(host, draft, _accepted(draft))


class _TagProcess(KubeProcess):
    """A process whose run was ordered with a tag."""

    def order(self) -> None:
        """Write the run down as the verbs do."""
        self.run = order_release(self.host, _prepared(self.world, self.home))  # type: ignore[arg-type]


def test_what_the_release_asks(world: TaggedWorld, tmp_path: Path) -> None:
    """Renames are questions with their reasons; what the chart gives by itself is none, nor what only it had."""
    draft = drafting.draft(world.host(tmp_path / "home"), "v2.0.0")
    asked = {one.id: one for one in draft.decisions(Answers())}
    renames = {one.key: one.proposal for one in asked.values() if one.topic == "rename"}
    assert renames == {
        "gateway.preStop": "gateway.drainSeconds", "logLevel": "log.level", "systemSecret": "secrets.system",
    }  # fmt: skip
    assert asked["rename:gateway.preStop"].certain
    assert "the changelog says so" in asked["rename:gateway.preStop"].why
    assert not asked["rename:logLevel"].certain
    assert not [one for one in asked.values() if one.topic == "value"]
    assert [one.id for one in asked.values() if one.topic == "acknowledge"] == [
        "acknowledge:v2.0.0/1", "acknowledge:v2.0.0/2",
    ]  # fmt: skip


def test_the_plan_is_made_with_the_values_as_they_will_be(world: TaggedWorld, tmp_path: Path) -> None:
    """Nothing of the checkout is touched; Helm renders the tag's chart; no secret is in the plan."""
    plan = _prepared(world, tmp_path / "home").plan
    assert (plan.chart_old, plan.chart_new) == ("id-1.5.0", "id-2.0.0")
    assert plan.move is not None
    assert (plan.move.current.tag, plan.move.target.tag) == ("v1.5.0", "v2.0.0")
    assert world.seen["2.0.0"] == yaml.safe_load(_WRITTEN)
    assert world.own() == OWN_VALUES
    assert plan.order.chart == str(world.directory / "chart")
    assert git(world.directory, "describe", "--tags") == "v1.5.0"
    assert not (tmp_path / "home/charts").exists() or not list((tmp_path / "home/charts").iterdir())
    assert "not-a-real-secret" not in to_json(plan)
    assert from_json(to_json(plan)) == plan


def test_an_open_question_stops(world: TaggedWorld, tmp_path: Path) -> None:
    """The error names the verb that writes the answers file."""
    host = world.host(tmp_path / "home")
    with pytest.raises(OpenDecisionsError) as caught:
        prepare_release(host, drafting.draft(host, "v2.0.0"), Answers())
    assert "avnwizard kubernetes plan --to v2.0.0" in caught.value.hint
    assert "logLevel is now log.level?" in caught.value.message


def test_up_and_back(world: TaggedWorld, tmp_path: Path) -> None:
    """The checkout and the values go with the release, and come back with it."""
    process = _TagProcess(world, tmp_path / "home")
    process.order()
    assert _carried(process) == "done", process.journal.run(process.run).message
    assert git(world.directory, "describe", "--tags") == "v2.0.0"
    assert world.own() == _WRITTEN
    assert world.release.history[-1].app_version == "2.0.0"
    assert _taken_back(process) == "done"
    assert git(world.directory, "describe", "--tags") == "v1.5.0"
    assert world.own() == OWN_VALUES
    assert world.release.history[-1].app_version == "1.5.0"


@pytest.mark.parametrize("act", ["carry", "back"])
def test_killed_at_every_fault_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    """At each passage a new process resumes to v2.0.0, or goes back to v1.5.0 with the file as it was."""
    whole = _TagProcess(tagged_world(tmp_path / "whole"), tmp_path / "whole-home")
    whole.order()
    points = _killed(monkeypatch, lambda: _carried(whole), -1)
    assert {"checkout:checkout:before", "values:write-values-after-0:after"} <= set(points)
    for kill, point in enumerate(points):
        world = tagged_world(tmp_path / str(kill) / "checkout")
        first = _TagProcess(world, tmp_path / str(kill) / "home")
        first.order()
        _killed(monkeypatch, lambda first=first: _carried(first), kill)  # type: ignore[misc]
        second = _TagProcess(world, tmp_path / str(kill) / "home")
        second.run = first.run
        assert (_carried if act == "carry" else _taken_back)(second) == "done", point
        tag, own = ("v2.0.0", _WRITTEN) if act == "carry" else ("v1.5.0", OWN_VALUES)
        assert (git(world.directory, "describe", "--tags"), world.own()) == (tag, own), point


def test_values_that_git_tracks_are_carried_over(tmp_path: Path) -> None:
    """The operator's edit of a file of the release goes with the checkout, renamed, and comes back as it was."""
    world = tagged_world(tmp_path / "checkout", tracked=True)
    process = _TagProcess(world, tmp_path / "home")
    process.order()
    assert _carried(process) == "done", process.journal.run(process.run).message
    assert world.own() == _WRITTEN
    assert _taken_back(process) == "done"
    assert world.own() == OWN_VALUES


def test_a_file_edited_since_the_plan_is_not_touched(world: TaggedWorld, tmp_path: Path) -> None:
    """Before the run is written down it is refused; in mid-run the step fails and says so."""
    prepared = _prepared(world, tmp_path / "home")
    (world.directory / "own.yaml").write_text(OWN_VALUES + "more: 1\n")
    with pytest.raises(RefusedError, match="changed since the plan"):
        order_release(world.host(tmp_path / "home"), prepared)
    (world.directory / "own.yaml").write_text(OWN_VALUES)
    process = _TagProcess(world, tmp_path / "home")
    process.order()
    (world.directory / "own.yaml").write_text(OWN_VALUES + "more: 1\n")
    assert _carried(process) == "failed"
    assert "own.yaml was edited since the plan" in process.journal.run(process.run).message
    assert world.release.history[-1].app_version == "1.5.0"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"rename:logLevel": "not a path"}, "cannot be renamed so"),
        ({"rename:logLevel": "gateway.drainSeconds"}, "has gateway.drainSeconds already"),
    ],
)
def test_answers_that_cannot_be(world: TaggedWorld, tmp_path: Path, answers: dict[str, str], words: str) -> None:
    """One error each, and nothing changed."""
    host = world.host(tmp_path / "home")
    draft = drafting.draft(host, "v2.0.0")
    given = Answers({**_accepted(draft).given, **{key: Secret(text) for key, text in answers.items()}})
    with pytest.raises(Exception, match=words):
        prepare_release(host, draft, given)
    assert world.own() == OWN_VALUES


def test_a_tag_without_the_chart_is_refused(world: TaggedWorld, tmp_path: Path) -> None:
    """The error names the folder."""
    git(world.directory, "checkout", "-q", "main")
    git(world.directory, "rm", "-rq", "chart")
    git(world.directory, "commit", "-q", "-m", "3")
    git(world.directory, "tag", "v3.0.0")
    git(world.directory, "checkout", "-q", "v1.5.0")
    with pytest.raises(RefusedError, match=r"v3\.0\.0 has no chart in chart"):
        drafting.draft(world.host(tmp_path / "home"), "v3.0.0")


def _carried(process: KubeProcess) -> str:
    record = process.journal.run(process.run)
    return process._run(record, UpgradeKubernetes().steps(process.host, process.journal, record))


def _taken_back(process: KubeProcess) -> str:
    back = "20261128-110000-bb"
    run = process.journal.run(process.run)
    begun = {one.name for one in process.journal.steps(process.run) if one.state != "pending"}
    steps = process.flow.undo_steps(process.host, process.journal, run, begun)
    if back not in {one.id for one in process.journal.runs()}:
        process.journal.create_run(back, kind="undo", title="back", plan="", steps=steps, undoes=process.run)
    return process._run(process.journal.run(back), steps)


def test_a_values_file_outside_the_checkout(world: TaggedWorld, tmp_path: Path) -> None:
    """It is the operator's alone: edited where it lies, and put back."""
    own = tmp_path / "etc" / "values.yaml"
    own.parent.mkdir()
    (world.directory / "own.yaml").rename(own)
    section = KubernetesSection(release="id", context="lab", chart="chart", values=(str(own),))
    process = _TagProcess(world, tmp_path / "home")
    process.host = world.host(tmp_path / "home", section)
    draft = drafting.draft(process.host, "v2.0.0")
    process.run = order_release(process.host, prepare_release(process.host, draft, _accepted(draft)))
    assert _carried(process) == "done", process.journal.run(process.run).message
    assert own.read_text() == _WRITTEN
    assert _taken_back(process) == "done"
    assert own.read_text() == OWN_VALUES

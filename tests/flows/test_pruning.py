"""Which snapshots and databases are needed still: by the journals alone."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.host import DatabaseFacts
from avnwizard.engine.journal import Journal
from avnwizard.errors import RefusedError
from avnwizard.flows.run import pruning

if TYPE_CHECKING:
    from avnwizard.flows.host import Host

_FIRST, _SECOND = "20260101-000000-aa", "20260201-000000-aa"


class _Stack:
    """A stack of which only the journals, the snapshots and the names of databases are looked at."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.names: list[str] = []
        self.journal = Journal(home / "journal.db")

    @property
    def host(self) -> "Host":
        state = SimpleNamespace(folder=self._home, snapshots=self._home / "snapshots")
        facts = [DatabaseFacts(name, "o", 1) for name in self.names]
        found = SimpleNamespace(
            state=state,
            files=LocalFiles(),
            clock=SimpleNamespace(now=lambda: 0.0),
            journal=lambda: self.journal,
            database=lambda: SimpleNamespace(databases=lambda: facts),
        )
        return cast("Host", found)

    def upgrade(self, run: str) -> Path:
        """A finished one, planned by a version whose plans this one does not read but for the snapshot's folder."""
        folder = self._home / "snapshots" / run
        plan = json.dumps({"snapshot": {"taken": True, "folder": str(folder)}})
        self.journal.create_run(run, kind="upgrade", title="t", plan=plan, steps=[])
        self.journal.set_run(run, "done")
        return folder


@pytest.fixture
def stack(tmp_path: Path) -> _Stack:
    """With nothing in it."""
    return _Stack(tmp_path)


def test_the_upgrade_that_stands_is_the_last(stack: _Stack) -> None:
    """The one after it was rolled back: from here the way back leads to the snapshot of the first."""
    first, second = stack.upgrade(_FIRST), stack.upgrade(_SECOND)
    assert pruning.needed_by(stack.host) == {second: f"run {_SECOND}"}
    stack.journal.set_run(_SECOND, "undone")
    assert pruning.needed_by(stack.host) == {first: f"run {_FIRST}", second: f"run {_SECOND}"}


def test_what_an_unfinished_rollback_restores_from(stack: _Stack) -> None:
    """It is needed until the rollback has ended, whichever upgrade it undoes."""
    first, second = stack.upgrade(_FIRST), stack.upgrade(_SECOND)
    stack.journal.create_run("back", kind="rollback", title="t", plan="{}", steps=[], undoes=_FIRST)
    assert set(pruning.needed_by(stack.host)) == {first, second}


def test_what_an_unfinished_restore_needs(stack: _Stack, tmp_path: Path) -> None:
    """Its services may be stopped until the same command ends it."""
    folder = tmp_path / "snapshots" / "x"
    plan = json.dumps({"snapshot": str(folder), "databases": [], "volumes": []})
    stack.journal.create_run("r", kind="restore", title="t", plan=plan, steps=[])
    assert pruning.needed_by(stack.host) == {folder: "run r"}
    stack.journal.set_run("r", "done")
    assert pruning.needed_by(stack.host) == {}


def test_what_is_needed_by_now_is_not_removed(stack: _Stack) -> None:
    """A run was begun while the question was on the screen."""
    folder = stack.upgrade(_FIRST)
    folder.mkdir(parents=True)
    with pytest.raises(RefusedError, match="nothing was removed"):
        pruning.require_unneeded(stack.host, (folder,))
    assert folder.is_dir()


def test_what_undoing_a_rollback_set_aside_can_go(stack: _Stack) -> None:
    """As what the rollback did; not what an unfinished run made."""
    stack.names = [f"keto__{purpose}_{run}" for purpose in ("kept", "redone") for run in (_FIRST, _SECOND)]
    stack.upgrade(_FIRST)
    stack.upgrade(_SECOND)
    stack.journal.set_run(_SECOND, "failed")
    found = pruning.plan_pruning(stack.host, keep=0, keep_days=0, databases=True)
    assert [one.name for one in found.databases] == [f"keto__kept_{_FIRST}", f"keto__redone_{_FIRST}"]

"""An order of the operator's own that is broken off by hand."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import ExitCode, StepError
from avnwizard.flows import by_hand
from avnwizard.planned import StepKind

if TYPE_CHECKING:
    from avnwizard.flows.host import Host


class _Swap(Step):
    """Waits until the operator's patience ends."""

    name, title, kind = "swap", "Put the restored databases in place", StepKind.DATA
    undone_by = ()

    def __init__(self, *, stopped: bool) -> None:
        self._stopped = stopped

    def probe(self, ctx: StepContext) -> Probe:
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        if self._stopped:
            raise KeyboardInterrupt


def test_ctrl_c_says_what_it_left(tmp_path: Path) -> None:
    """Not that nothing was changed: services may be stopped. The same order goes on."""
    state = SimpleNamespace(folder=tmp_path, feed=lambda run: tmp_path / run)
    upgrades = SimpleNamespace(runs=list)
    host = cast("Host", SimpleNamespace(state=state, lock=tmp_path / "lock", journal=lambda: upgrades))

    def order(*, stopped: bool) -> str:
        return by_hand.carry(host, "restore", "t", "{}", [_Swap(stopped=stopped)], lambda *_: None)

    with pytest.raises(StepError, match="before the end of: Put the restored databases in place") as raised:
        order(stopped=True)
    assert "stay stopped until then" in raised.value.hint
    assert raised.value.exit_code == ExitCode.STEP_FAILED
    run = order(stopped=False)
    assert [(one.id, one.state) for one in by_hand.journal_of(host).runs()] == [(run, "done")]

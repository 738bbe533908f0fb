"""The state folder vanishes while a run is at work: what is said is no refusal."""

import shutil
import subprocess
import sys
import threading

import pytest

from avnwizard.cli.follow import follow
from avnwizard.errors import ExitCode, StepError
from avnwizard.flows.run.orders import order_snapshot
from avnwizard.flows.snapshot.planning import plan_snapshot
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host


def test_a_run_whose_journal_is_gone_is_not_called_refused(practice_host: PracticeHost) -> None:
    """H27: exit code 3 says that nothing was changed; nobody knows that here."""
    host = open_host(practice_host.project.directory)
    run = order_snapshot(host, plan_snapshot(host, "v1.5.0"))
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1.5)"])
    vanishing = threading.Timer(0.5, shutil.rmtree, (host.state.folder,))
    vanishing.start()
    with pytest.raises(StepError, match=f"Run {run} can no longer be watched") as caught:
        follow(host, run, process)
    vanishing.join()
    assert process.wait(10) == 0
    assert caught.value.exit_code == ExitCode.STEP_FAILED

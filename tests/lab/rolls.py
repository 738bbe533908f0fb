"""One service of a lab stack rolled alone, as a journalled run of one step that can be killed and taken up again.

`python -m tests.lab.rolls CLONE FOLDER SERVICE RUN DRAIN_S` does it in this process, for those who are not root.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

from avnwizard.domain.readiness import Readiness
from avnwizard.domain.strategy import lacks_a_check_alone, why_alone
from avnwizard.engine.faults import KILL_AT, LOG_TO
from avnwizard.engine.feed import FeedReader, FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.runner import run_steps
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.flows.host import Host
from avnwizard.flows.roll import handover, rolling
from avnwizard.flows.roll.asking import to_ask
from avnwizard.flows.roll.handover import Patience
from avnwizard.planned import StepKind
from avnwizard.practice.product.template import COMPOSE_FILE
from avnwizard.wiring import open_host
from tests.lab.stack import LabStack

_LAST_WORDS = 20
PATIENCE = Patience(healthy_s=60.0, drain_s=2.0, drain_limit_s=20.0)


class RollOne(Step):
    """Bring one service to what the compose file says now."""

    kind = StepKind.ROLL
    undone_by = ()

    def __init__(self, host: Host, service: str, patience: Patience = PATIENCE) -> None:
        self._host, self._service, self._patience = host, service, patience
        self.service = service
        self.name, self.title = f"roll:{service}", f"Roll {service}"

    def probe(self, ctx: StepContext) -> Probe:
        """As `RollService`."""
        met = rolling.is_met(self._host, rolling.wanted(self._host, self._service, ""))
        return Probe.DONE if met and not self._host.edge.directors(self._service) else Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """As `RollService`, with the strategy and the handover that a plan would choose."""
        want = rolling.wanted(self._host, self._service, "")
        chosen = handover.plan_handover(self._host, want.service, self._host.edge.facts())
        surge, ready = None if why_alone(want.service) else chosen.handover, None
        if lacks_a_check_alone(want.service):
            found = to_ask(self._host, want.service, chosen)
            surge, ready = (chosen.handover, found) if isinstance(found, Readiness) else (None, None)
        rolling.roll(ctx, self._host, want, surge=surge, patience=self._patience, ready=ready)


def stamp(stack: LabStack, service: str, text: str, **labels: str) -> None:
    """Change a service's configuration in the compose file: another LOG_STAMP, and labels if given."""
    file = stack.clone / COMPOSE_FILE
    lines = file.read_text("utf-8").splitlines()
    start = lines.index(f"  {service}:")
    place = next(number for number in range(start, len(lines)) if lines[number] == "    environment:")
    lines = [line for line in lines if f"LOG_STAMP_{service}:" not in line]
    lines.insert(place + 1, f"      LOG_STAMP_{service}: {text}")
    place = next(number for number in range(start, len(lines)) if lines[number] == "    labels:")
    for name, value in labels.items():
        lines.insert(place + 1, f'      {name}: "{value}"')
    file.write_text("\n".join(lines) + "\n", "utf-8")


def carry(
    stack: LabStack,
    folder: Path,
    service: str,
    run: str,
    *,
    kill_at: str = "",
    log_to: str = "",
    patience: Patience = PATIENCE,
) -> int:
    """Roll in a process of its own; its exit status: 0 done, 4 failed, -9 killed."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.setsid()
            os.environ.update({KILL_AT: kill_at} if kill_at else {})
            os.environ.update({LOG_TO: log_to} if log_to else {})
            code = carry_here(open_host(stack.clone), folder, service, run, patience)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if (code := os.waitstatus_to_exitcode(status)) > 0:  # pytest shows it where that fails a test
        print(f"{run} ended with {code}; its last words:", *told(folder, run)[-_LAST_WORDS:], sep="\n  ")
    return code


def told(folder: Path, run: str) -> list[str]:
    """What a run that was carried said."""
    return [event.text for event in FeedReader(folder / f"{run}.jsonl").read() if event.text]


def carry_here(host: Host, folder: Path, service: str, run: str, patience: Patience = PATIENCE) -> int:
    """Roll in this process."""
    journal, feed = Journal(folder / "rolls.db"), FeedWriter(folder / f"{run}.jsonl")
    step = RollOne(host, service, patience)
    if run not in {one.id for one in journal.runs()}:
        journal.create_run(run, kind="upgrade", title=step.title, plan="{}", steps=[step])
    return 0 if run_steps(journal, feed, journal.run(run), [step]) == "done" else 4


if __name__ == "__main__":
    clone, folder, service, run, drain_s = sys.argv[1:]
    sys.exit(
        carry_here(open_host(Path(clone)), Path(folder), service, run, replace(PATIENCE, drain_s=float(drain_s)))
    )

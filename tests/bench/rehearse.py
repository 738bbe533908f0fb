"""What a rehearsal says of a release, and what the release then takes: `python -m tests.bench.rehearse [TAG]`.

The lab's stack at v1.5.0 is rehearsed, then upgraded to the same release. A row for each one-shot: its seconds in the
copy and in the live run, and their ratio. The table is Markdown. About five minutes on a quiet machine.
"""

import os
import sys
import tempfile
from pathlib import Path

from avnwizard.adapters.state.finding import STATE_DIR
from avnwizard.planned import StepKind
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard
from tests.lab.engine import Lab
from tests.lab.prepared import bring_up
from tests.lab.stack import LabStack


def _rehearsed(stack: LabStack, tag: str, answers: Path) -> dict[str, float]:
    words = ("--to", tag, "--stack", stack.clone, "--answers", answers)
    said = avnwizard("rehearse", *words, timeout_s=1200)
    print(f"\nrehearsal: {said.err.strip().splitlines()[-1]}", file=sys.stderr)
    found = avnwizard("rehearse", "show", "--json", "--stack", stack.clone).data
    return {part["service"]: float(part["seconds"]) for part in found["target"] if part["job"]}


def _upgraded(stack: LabStack, tag: str, answers: Path) -> dict[str, float]:
    said = avnwizard("upgrade", "--to", tag, "--stack", stack.clone, "--answers", answers, "--yes", timeout_s=1200)
    assert said.code == 0, said.err
    journal = open_host(stack.clone).journal()
    run = next(one for one in journal.runs() if one.kind == "upgrade")
    return {
        step.service: step.finished_at - step.started_at
        for step in journal.steps(run.id)
        if step.kind is StepKind.JOB
    }


def main(tag: str) -> None:
    """Measure, and print the table."""
    lab = Lab().up()
    os.environ.update({name: lab.env[name] for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG")})
    with tempfile.TemporaryDirectory() as folder:
        os.environ[STATE_DIR] = str(Path(folder) / "state")
        stack = bring_up(lab, "bench-rehearse")
        try:
            (stack.clone / "avnwizard.toml").write_text("[rehearse]\nmax_load = 1000\ncpus = 1.0\n")
            answers = answer_all(stack.clone, tag, Path(folder) / "answers.toml")
            there, here = _rehearsed(stack, tag, answers), _upgraded(stack, tag, answers)
        finally:
            stack.remove()
    print("| one-shot | in the copy | in the live run | ratio |\n| --- | ---: | ---: | ---: |")
    for name, seconds in here.items():
        copy = there.get(name, 0.0)
        print(f"| {name} | {copy:.1f} s | {seconds:.1f} s | {copy / seconds if seconds else 0.0:.1f} |")
    all_there, all_here = sum(there.values()), sum(here.values())
    print(f"| all | {all_there:.1f} s | {all_here:.1f} s | {all_there / all_here:.1f} |")


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] else "v2.0.0")

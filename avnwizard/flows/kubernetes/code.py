"""The checkout and the operator's values files: to the target release before Helm is called, and back after it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from avnwizard.domain.plain import printable
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.plan import KubePlan, TagMove
from avnwizard.flows.kubernetes.preparing import VALUES_AFTER, VALUES_BEFORE
from avnwizard.flows.stack.run_folder import RunFolder
from avnwizard.flows.steps.code import Checkout
from avnwizard.planned import PlannedStep, StepKind


@dataclass(frozen=True)
class Move:
    """What `Checkout` is given."""

    plan: TagMove
    host: Host
    folder: RunFolder


def code_steps(host: Host, plan: KubePlan, run: str) -> Iterator[Step]:
    """The steps that bring the target's files; none where the chart lies in the checkout already."""
    if plan.move is None:
        return
    folder = RunFolder(host.state.run(run), host.files)
    yield Checkout(Move(plan.move, host, folder))
    if plan.values_files:
        yield WriteValues(host, plan, folder)


class WriteValues(Step):
    """Replace the values files that git does not track; the previous ones stay in the run's folder."""

    name = "values"
    title = "Write the values files"
    kind = StepKind.FILES
    guess_s = 1.0

    def __init__(self, host: Host, plan: KubePlan, folder: RunFolder) -> None:
        self._host, self._plan, self._folder = host, plan, folder

    def describe(self) -> PlannedStep:
        """How much of which file changes."""
        files = ", ".join(printable(path, limit=200) for path in self._plan.values_files)
        return replace(
            super().describe(),
            note=f"{len(self._plan.values)} edits of {files}; the old file is kept.",
            going_back="the values files go back; nobody notices",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Compare the files with what was planned."""
        return self._are(VALUES_AFTER)

    def do(self, ctx: StepContext) -> None:
        """Write them, as private as they were.

        Raises:
            StepError: somebody edited one since the plan was made.
        """
        before, after = self._folder.contents(VALUES_BEFORE), self._folder.contents(VALUES_AFTER)
        for path in self._plan.values_files:
            if self._host.files.read(self._host.repo.directory / path) not in {before[path], after[path]}:
                raise StepError(
                    f"{printable(path, limit=200)} was edited since the plan was made; it was not touched.",
                    "Roll back, and plan again.",
                )
        self._write(ctx, VALUES_AFTER)
        ctx.say(f"the values files as they were are kept in {self._folder.path}")

    def undo(self, ctx: StepContext) -> None:
        """Write the previous files; an edit that was made since is kept in the run's folder."""
        before, after = self._folder.contents(VALUES_BEFORE), self._folder.contents(VALUES_AFTER)
        for number, path in enumerate(self._plan.values_files):
            found = self._host.files.read(self._host.repo.directory / path)
            if found not in {before[path], after[path]}:
                kept = self._folder.path / f"values-in-mid-run.{number}"
                self._host.files.write(kept, found)
                ctx.say(f"{printable(path, limit=200)} was edited during the run; it is kept as {kept}")
        self._write(ctx, VALUES_BEFORE)

    def undone(self, ctx: StepContext) -> Probe:
        """Whether they are the previous files."""
        return self._are(VALUES_BEFORE)

    def _write(self, ctx: StepContext, which: str) -> None:
        contents = self._folder.contents(which)
        for number, path in enumerate(self._plan.values_files):
            with ctx.effect(f"write-{which}-{number}"):
                self._host.files.write(self._host.repo.directory / path, contents[path] or b"")

    def _are(self, which: str) -> Probe:
        contents, files = self._folder.contents(which), self._host.files
        there = all(files.read(self._host.repo.directory / p) == contents[p] for p in self._plan.values_files)
        return Probe.DONE if there else Probe.NOT_DONE

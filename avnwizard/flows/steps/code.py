"""Move the checkout and the env file to the target release, and back."""

import hashlib

from avnwizard.engine.step import Probe, Step, StepContext, UndoCost
from avnwizard.flows.run_folder import ENV_AFTER, ENV_BEFORE
from avnwizard.flows.steps.scene import Scene

EDITED, CARRIED = "edited", "carried"


class Checkout(Step):
    """`git checkout TAG`, with the operator's local edits carried over as merged when the plan was made."""

    name = "checkout"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.title = f"Check out {scene.plan.target.tag}"

    def probe(self, ctx: StepContext) -> Probe:
        """Done when HEAD and the work tree are exactly as planned."""
        return self._at(self._scene.plan.target.commit, CARRIED)

    def do(self, ctx: StepContext) -> None:
        """Move to the target's commit."""
        with ctx.effect("checkout"):
            self._scene.host.repo.checkout(
                self._scene.plan.target.commit, contents=self._scene.folder.contents(CARRIED)
            )

    def undo(self, ctx: StepContext) -> None:
        """Move back to the commit, the branch and the very edits of before."""
        plan = self._scene.plan
        with ctx.effect("checkout-back"):
            self._scene.host.repo.checkout(
                plan.current.commit, branch=plan.branch, contents=self._scene.folder.contents(EDITED)
            )

    def undone(self, ctx: StepContext) -> Probe:
        """Whether the work tree is as it was."""
        return self._at(self._scene.plan.current.commit, EDITED)

    def undo_cost(self, ctx: StepContext) -> UndoCost:
        """A second, and nobody notices."""
        return UndoCost(seconds=1, words="the files go back; nobody notices")

    def _at(self, commit: str, contents: str) -> Probe:
        there = self._scene.host.repo.matches(commit, contents=self._scene.folder.contents(contents))
        return Probe.DONE if there else Probe.NOT_DONE


class WriteEnv(Step):
    """Replace the env file atomically; the file of before stays in the run's folder."""

    name = "env"
    title = "Write the env file"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def probe(self, ctx: StepContext) -> Probe:
        """Compare the file with what was planned."""
        return self._is(ENV_AFTER)

    def do(self, ctx: StepContext) -> None:
        """Write it, 0600."""
        self._write(ctx, ENV_AFTER)
        ctx.say(f"the env file of before is kept as {self._scene.folder.path / ENV_BEFORE}")

    def undo(self, ctx: StepContext) -> None:
        """Write the file of before."""
        self._write(ctx, ENV_BEFORE)

    def undone(self, ctx: StepContext) -> Probe:
        """Whether it is the file of before."""
        return self._is(ENV_BEFORE)

    def undo_cost(self, ctx: StepContext) -> UndoCost:
        """Nothing."""
        return UndoCost(words="the env file of before is put back; nobody notices")

    def _write(self, ctx: StepContext, which: str) -> None:
        with ctx.effect(f"write-{which}"):
            self._scene.host.files.write(self._scene.plan.project.env_file, self._scene.folder.env(which))

    def _is(self, which: str) -> Probe:
        there = hashlib.sha256(self._scene.host.files.read(self._scene.plan.project.env_file)).digest()
        wanted = hashlib.sha256(self._scene.folder.env(which)).digest()
        return Probe.DONE if there == wanted else Probe.NOT_DONE

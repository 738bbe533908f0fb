"""Move the checkout and the env file to the target release, and back."""

import hashlib
from dataclasses import replace

from avnwizard.domain import git_commands
from avnwizard.domain.plain import printable
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.stack.run_folder import CARRIED, EARLY, EDITED, ENV_AFTER, ENV_BEFORE, ENV_LATE, LATE, OVERLAID
from avnwizard.flows.stack.step_inputs import MoveInputs, StepInputs
from avnwizard.planned import PlannedStep, StepKind

_OTHERS = 0o007
"""The permission bits of all who are neither the owner nor in the group, with which a file may be shared."""


class Checkout(Step):
    """`git checkout TAG`, with the operator's local edits carried over as merged when the plan was made."""

    name = "checkout"
    kind = StepKind.FILES
    guess_s = 2.0

    def __init__(self, scene: MoveInputs) -> None:
        self._scene = scene
        self.title = f"Check out {scene.plan.target.tag}"

    def describe(self) -> PlannedStep:
        """`git checkout`, and which edits are carried over."""
        plan = self._scene.plan
        return replace(
            super().describe(),
            commands=(git_commands.git_checkout(self._scene.host.repo.directory, plan.target.commit),),
            note=f"Your edits of {', '.join(plan.edited)} are carried over." if plan.edited else "",
            going_back="the files go back; nobody notices",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when HEAD and the work tree are exactly as planned."""
        carried = self._scene.folder.contents(CARRIED)
        there = self._scene.host.repo.matches(self._scene.plan.target.commit, contents=carried)
        return Probe.DONE if there else Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Move to the target's commit; what was edited since the plan was made is kept."""
        self._keep_early_edits(ctx)
        self._keep_overlaid()
        with ctx.effect("checkout"):
            self._scene.host.repo.checkout(
                self._scene.plan.target.commit, contents=self._scene.folder.contents(CARRIED)
            )

    def undo(self, ctx: StepContext) -> None:
        """Move back to the commit, the branch and the very edits that were there before."""
        plan, repo = self._scene.plan, self._scene.host.repo
        self._keep_late_edits(ctx)
        edited = {**dict.fromkeys(self._leftovers()), **self._before()}
        with ctx.effect("checkout-back"):
            try:
                repo.checkout(plan.current.commit, branch=plan.branch, contents=edited)
            except HostError:
                if not plan.branch:
                    raise
                repo.checkout(plan.current.commit, contents=edited)
                ctx.say(f"the branch {printable(plan.branch)} has moved; HEAD is at {plan.current.tag}, detached")
            if self._tracked_env() and plan.env_file_that_ran is not None:  # git writes it readable
                self._scene.host.files.write(plan.env_file_that_ran, self._scene.folder.env(ENV_BEFORE))

    def _keep_late_edits(self, ctx: StepContext) -> None:
        """What the operator edited since the run moved the checkout would be lost; it is kept, once."""
        if "late" in ctx.recall():
            return
        late = self._strange_edits()
        self._keep(ctx, LATE, late, "made during the run")
        ctx.note(late=sorted(late))

    def _keep_early_edits(self, ctx: StepContext) -> None:
        """The snapshot may have taken hours: the plan's edits are not the last. A checkout cut off is no edit."""
        target, read = self._scene.plan.target.commit, self._scene.host.repo.read
        early = {path: content for path, content in self._strange_edits().items() if read(target, path) != content}
        if early and "early" not in ctx.recall():
            self._keep(ctx, EARLY, early, "made since the plan is not carried over; it")
            ctx.note(early=sorted(early))

    def _strange_edits(self) -> dict[str, bytes | None]:
        """Tracked files that are neither as they were when the plan was made nor as the run makes them."""
        host, folder = self._scene.host, self._scene.folder
        ours = [folder.contents(CARRIED), folder.contents(EDITED)]
        found: dict[str, bytes | None] = {}
        for path in host.repo.state().edited:
            file = host.repo.directory / path
            content = host.files.read(file) if file.is_file() else None
            if all(path not in known or known[path] != content for known in ours):
                found[path] = content
        return found

    def _keep(self, ctx: StepContext, name: str, edits: dict[str, bytes | None], made: str) -> None:
        folder = self._scene.folder
        folder.save_contents(name, edits)
        for number, path in enumerate(sorted(edits)):
            ctx.say(f"your edit of {printable(path)} {made} is kept as {folder.path / name}.{number}")

    def undone(self, ctx: StepContext) -> Probe:
        """Whether the work tree is as it was."""
        back = self._scene.host.repo.matches(self._scene.plan.current.commit, contents=self._before())
        return Probe.DONE if back and not self._leftovers() else Probe.NOT_DONE

    def _keep_overlaid(self) -> None:
        """Untracked files that the release brings too become its own, and would be gone after a rollback."""
        folder, plan = self._scene.folder, self._scene.plan
        if not folder.has_contents(OVERLAID):
            there = self._scene.host.repo.overlaid(plan.target.commit, plan.current.commit)
            folder.save_contents(OVERLAID, there)

    def _before(self) -> dict[str, bytes | None]:
        """What differed from the current release before the run: edits, and files that the target brings too."""
        folder = self._scene.folder
        own = folder.contents(OVERLAID) if folder.has_contents(OVERLAID) else {}
        files = {path: content for path, content in own.items() if content is not None}
        env = self._tracked_env()
        return {**files, **folder.contents(EDITED), **({env: folder.env(ENV_BEFORE)} if env else {})}

    def _tracked_env(self) -> str:
        """The path in the checkout of the env file that ran, where git tracks it; "" where it does not."""
        ran = self._scene.plan.env_file_that_ran
        if ran is None:
            return ""
        top, file = (one.resolve() for one in (self._scene.host.repo.directory, ran))
        path = file.relative_to(top).as_posix() if file.is_relative_to(top) else ""
        return path if path in self._scene.folder.contents(EDITED) else ""

    def _leftovers(self) -> list[str]:
        """What a checkout of the target that was cut off has left: no git command would remove it."""
        folder, plan = self._scene.folder, self._scene.plan
        if not folder.has_contents(OVERLAID):
            return []
        there = self._scene.host.repo.overlaid(plan.target.commit, plan.current.commit)
        return sorted(there.keys() - folder.contents(OVERLAID).keys())


class WriteEnv(Step):
    """Replace the env file atomically; the previous file stays in the run's folder."""

    name = "env"
    title = "Write the env file"
    kind = StepKind.FILES
    guess_s = 1.0

    def __init__(self, scene: StepInputs) -> None:
        self._scene = scene

    def describe(self) -> PlannedStep:
        """How much of which file changes."""
        plan = self._scene.plan
        return replace(
            super().describe(),
            note=f"{len(plan.env)} edits of {plan.project.env_file}; the old file is kept.",
            going_back="the env file goes back; nobody notices",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Compare the file with what was planned; one under a new name is readable by others until it is written."""
        there = self._is(ENV_AFTER)
        if there is Probe.DONE and self._scene.plan.env_file_before:
            files, file = self._scene.host.files, self._scene.plan.project.env_file
            return Probe.DONE if files.exists(file) and not files.mode(file) & _OTHERS else Probe.NOT_DONE
        return there

    def do(self, ctx: StepContext) -> None:
        """Write it, 0600.

        Raises:
            StepError: somebody edited it since the plan was made; an edit may be a secret that nobody else has.
        """
        scene = self._scene
        file, before = scene.plan.project.env_file, scene.folder.path / ENV_BEFORE
        if env_bytes(scene.host) not in {scene.folder.env(ENV_AFTER), scene.folder.env(ENV_BEFORE)}:
            raise StepError(
                f"{file} was edited since the plan was made; it was not touched.",
                f"Keep your edit elsewhere, put {before} back and resume; or roll back and plan again.",
            )
        self._write(ctx, ENV_AFTER)
        if not scene.folder.had_no_env:
            ctx.say(f"the env file as it was is kept as {before}")

    def undo(self, ctx: StepContext) -> None:
        """Write the previous file, or remove it where there was none; one that somebody edited since is kept."""
        found = env_bytes(self._scene.host)
        folder = self._scene.folder
        if found not in {folder.env(ENV_AFTER), folder.env(ENV_BEFORE), folder.rotated}:
            self._scene.host.files.write(self._scene.folder.path / ENV_LATE, found)
            ctx.say(f"the env file was edited during the run; it is kept as {self._scene.folder.path / ENV_LATE}")
        if self._scene.plan.env_file_before is None:
            self._write(ctx, ENV_BEFORE)

    def undone(self, ctx: StepContext) -> Probe:
        """Whether it is the previous file; one that the release had renamed goes back with the checkout."""
        return Probe.DONE if self._scene.plan.env_file_before else self._is(ENV_BEFORE)

    def _write(self, ctx: StepContext, which: str) -> None:
        files, file = self._scene.host.files, self._scene.plan.project.env_file
        content = self._scene.folder.env(which)
        with ctx.effect(f"write-{which}"):
            if content or not self._scene.folder.had_no_env:
                files.write(file, content)
            elif which == ENV_BEFORE:
                files.remove(file)

    def _is(self, which: str) -> Probe:
        there = hashlib.sha256(env_bytes(self._scene.host)).digest()
        wanted = hashlib.sha256(self._scene.folder.env(which)).digest()
        return Probe.DONE if there == wanted else Probe.NOT_DONE

"""The steps of a rotation's phase: write the secret, roll what reads it, seal rows again, look what is left."""

from collections.abc import Iterator
from dataclasses import replace

from avnwizard.domain.rotation.kinds import value_in
from avnwizard.domain.rotation.tally import Tally
from avnwizard.domain.secret import Secret
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import RefusedError, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import finding, keeping
from avnwizard.flows.rotate.plan import RotationPlan
from avnwizard.flows.rotate.standing import SESSIONS, TALLIED, has_lost_trace
from avnwizard.flows.stack.run_folder import RunFolder
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.roll import RollBackService, RollService
from avnwizard.flows.steps.run_job import RunJob
from avnwizard.flows.steps.verify import Verify
from avnwizard.planned import PlannedStep, StepKind

_FIRST_WRITES = 2
"""The phase that puts the new secret first."""


def rotation_steps(host: Host, plan: RotationPlan, run: str, *, written_at: float | None) -> list[Step]:
    """The steps of a phase, in order.

    Args:
        written_at: since when everything is written with the new secret; None while nothing is.
    """
    return list(_steps(host, plan, run, written_at))


def steps_back(host: Host, plan: RotationPlan, run: str) -> list[Step]:
    """The steps that bring the phase before back: its list of secrets, and the services rolled to it."""
    scene = _scene(host, plan, run)
    tag, commit = plan.stack.current.tag, plan.stack.current.commit
    rolled = [one for one in plan.stack.services if one.strategy != "job"]
    back = [
        RollBackService(scene, one.service, one.strategy, wave=one.wave)  # type: ignore[arg-type]  # no "retire"
        for one in rolled
    ]
    return [*back, Verify(scene, tag=tag, commit=commit, back=[one.service for one in rolled])]


def _steps(host: Host, plan: RotationPlan, run: str, written_at: float | None) -> Iterator[Step]:
    scene = _scene(host, plan, run)
    drops = plan.is_last and plan.kind.phases > 1 and not plan.follows
    if drops:
        yield CountRows(host, plan, written_at)
        yield SealAgain(host, plan, keys=True)
        yield SealAgain(host, plan, keys=False)
    yield NoteImages(scene)
    yield WriteSecret(host, plan)
    for part in plan.stack.services:
        yield RunJob(scene, part.service) if part.strategy == "job" else RollService(scene, part)
    if plan.phase == _FIRST_WRITES and plan.sees_rows:
        yield SealAgain(host, plan, keys=True)
    yield Verify(scene, tag=plan.stack.target.tag, commit=plan.stack.target.commit)
    if plan.phase == _FIRST_WRITES and plan.sees_rows:
        yield CountRows(host, plan, written_at)


def _scene(host: Host, plan: RotationPlan, run: str) -> StepInputs:
    return StepInputs(plan.stack, host, RunFolder(host.state.run(run), host.files))


class NoteImages(Step):
    """Note which images run: the same ones shall run afterwards."""

    name = "pull"  # where rolls look for what they shall run
    title = "Note the images that run"
    kind = StepKind.CHECK
    guess_s = 1.0
    undone_by = ()

    def __init__(self, scene: StepInputs) -> None:
        self._scene = scene

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """By service, and by the names that the files give them.

        Raises:
            StepError: a name means no image here, or another than runs.
        """
        host, running, images = self._scene.host, dict[str, str](), dict[str, str]()
        for part in self._scene.plan.services:
            found = host.stack.image(part.image_new)
            if found is None:
                raise StepError(f"The image {part.image_new} is not on this host.", "Pull it, then resume.")
            images[part.image_new] = found.id
            if ids := {one.image_id for one in host.stack.containers(part.service) if not one.one_off}:
                running[part.service] = min(ids)
        ctx.note(images=images, running=running)


class WriteSecret(Step):
    """Put the phase's list of secrets into its place, atomically; nothing else in the file changes."""

    name = "secret"
    kind = StepKind.FILES
    guess_s = 1.0

    def __init__(self, host: Host, plan: RotationPlan) -> None:
        self._host, self._plan = host, plan
        self.title = f"Write the secret ({plan.place.shown})"

    def describe(self) -> PlannedStep:
        """How many secrets the list holds, never which."""
        count = len(self._plan.generation.prints)
        order = "" if count == 1 else ", the new one first" if self._plan.phase > 1 else ", the new one last"
        back = "the list of the phase before is written again, and the services are rolled once more"
        holds = f"The list then holds {count} secret{'' if count == 1 else 's'}{order}."
        return replace(super().describe(), note=holds, going_back=back)

    def probe(self, ctx: StepContext) -> Probe:
        """Compare with what is in the file."""
        return self._is(self._plan.phase)

    def do(self, ctx: StepContext) -> None:
        """Write it.

        Raises:
            StepError: somebody edited the secret since the plan was made.
        """
        self._write(ctx, self._plan.phase, of=self._plan.phase - 1)

    def undo(self, ctx: StepContext) -> None:
        """Write the list of the phase before; edits of other lines stay."""
        self._write(ctx, self._plan.phase - 1, of=self._plan.phase)

    def undone(self, ctx: StepContext) -> Probe:
        """Whether the list of the phase before is there."""
        return self._is(self._plan.phase - 1)

    def _write(self, ctx: StepContext, phase: int, *, of: int) -> None:
        place = self._plan.place
        there = finding.written_now(self._host, place)
        if there not in ({self._list(phase), self._list(of)} | ({()} if of == 0 else set())):
            raise StepError(
                f"{place.shown} was edited since the plan was made; it was not touched.",
                "Put it back as it was and resume.",
            )
        content = finding.content_with(self._host, place, self._list(phase))
        with ctx.effect("write"):
            self._host.files.write(place.file, content)

    def _list(self, phase: int) -> tuple[Secret, ...]:
        pair = keeping.load(self._host, self._plan.rotation)
        return value_in(self._plan.kind, phase, pair.old, pair.new)

    def _is(self, phase: int) -> Probe:
        there = finding.written_now(self._host, self._plan.place)
        return Probe.DONE if there == self._list(phase) else Probe.NOT_DONE


class SealAgain(Step):
    """Seal rows that are under the old secret under the new one. Both secrets open them, before and after.

    Sessions are only sealed again right before the old secret goes: the secret that a token's session is under is the
    one that signed the token, and nothing else shows it. They are sealed again at all because Hydra still looks at
    used-up refresh tokens, to see whether a stolen one is tried once more.
    """

    kind = StepKind.OTHER
    guess_s = 5.0
    undone_by = ()  # every list that a way back writes opens what was sealed again

    def __init__(self, host: Host, plan: RotationPlan, *, keys: bool) -> None:
        self._host, self._plan, self._keys = host, plan, keys
        self.name = "seal-keys" if keys else SESSIONS
        self.title = f"Seal {'the signing keys' if keys else 'the rest'} under the new secret"

    def describe(self) -> PlannedStep:
        """Which rows, and how many at a time."""
        which = (
            "hydra_jwk.keydata, in one transaction; the order of the keys stays."
            if self._keys
            else "session_data of tokens, a hundred rows at a time."
        )
        return replace(
            super().describe(), note=which, going_back="nothing: the way back keeps the new secret in the list"
        )

    def probe(self, ctx: StepContext) -> Probe:
        """A second time it finds nothing to do."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Through the database, while Hydra serves."""
        pair = keeping.load(self._host, self._plan.rotation)
        rows = self._host.database().sealed_rows(self._plan.database)
        with ctx.effect("seal"):
            done = rows.rewrap(pair.new, pair.old, keys=self._keys)
        ctx.say(
            f"{done:,} {'signing keys' if self._keys else 'sessions of tokens'} are sealed under the new secret now"
        )


class CountRows(Step):
    """Count what still needs the old secret; ahead of a drop, refuse where that is more than was agreed to."""

    name = TALLIED
    title = "Count what still needs the old secret"
    kind = StepKind.CHECK
    guess_s = 5.0
    undone_by = ()

    def __init__(self, host: Host, plan: RotationPlan, written_at: float | None) -> None:
        self._host, self._plan, self._written_at = host, plan, written_at

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Read every sealed row.

        Raises:
            StepError: the old secret goes with this run, and more needs it than when the run was planned.
        """
        pair = keeping.load(self._host, self._plan.rotation)
        rows = self._host.database().sealed_rows(self._plan.database)
        by_age = has_lost_trace(self._host.journal(), self._plan.rotation, self._plan.what)
        tally = rows.tally(pair.new, pair.old, written_at=self._written_at, dynamic=self._plan.dynamic, by_age=by_age)
        ctx.note(sessions=tally.sessions, safe_at=tally.safe_at)
        for sentence in tally.sentences():
            ctx.say(sentence)
        if self._plan.is_last:
            _require_agreed(tally, self._plan)


def _require_agreed(tally: Tally, plan: RotationPlan) -> None:
    if tally.sessions > plan.ends:
        raise StepError(
            f"{tally.sessions:,} tokens and sessions need the old secret, {plan.ends:,} were agreed to. Nothing was "
            "changed.",
            "Take this run back, and plan it again: avnwizard rollback",
        )


def require_way_back(wrote: bool, plan: RotationPlan) -> None:
    """Refuse the way to before a rotation once the new secret has written: rows under it would be lost.

    Args:
        wrote: whether a later phase of it ever began.

    Raises:
        RefusedError: it did.
    """
    if wrote and plan.phase < _FIRST_WRITES <= plan.kind.phases:
        raise RefusedError(
            "There is no way back to before this rotation: what was written since is under the new secret, and could "
            "no longer be read.",
            f"Both secrets stay accepted as long as you like. To go on: avnwizard rotate {plan.what}",
        )
